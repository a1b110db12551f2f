// SPDX-License-Identifier: Apache-2.0
// Networks and devices side by side, and networks by error and energy.
import {element} from './dom.js';
import {METRICS, digits, tick, interval, percent, shortened, unitFor, whole, withUnit} from './format.js';
import {faded, seriesColour} from './palette.js';
import {axis, draw, inks, tooltipStyle} from './charts.js';

const NARROW = 600;  // pixels

function valueOf(run, metric) {
  return metric.id === 'energy' ? run.perItem('energy') : run.totals[metric.id];
}

export function compareTitle(metric) {
  return metric.id === 'energy' ? 'energy per item' : metric.id === 'power' ? 'average power' : 'runtime of a batch';
}

// Pairs keep their colours whichever of them are drawn.
function known(entries, metric) {
  return entries.map((entry, index) => ({...entry, colour: seriesColour(index)})).filter(({run}) => valueOf(run, metric));
}

export function comparisonCaption(entries, metric) {
  const words = [];
  const missing = entries.filter(({run}) => !valueOf(run, metric)).map(({label}) => label);
  if (missing.length) words.push(`No ${compareTitle(metric)} is known of ${missing.join(', ')}.`);
  const partial = entries.filter(({run}) => run.coverage.covered < run.coverage.layers)
    .map(({run, label}) => `${label} ${whole(run.coverage.covered)} of ${whole(run.coverage.layers)}`);
  if (partial.length) words.push(`Layers covered by measurements: ${partial.join(', ')}; of the others totals have estimates, where there are any.`);
  return words.join(' ') || 'All layers of all of them are covered.';
}

export function drawComparison(host, all, metric, current) {
  const colours = inks();
  const entries = known(all, metric);
  const values = entries.map(({run}) => valueOf(run, metric));
  const unit = unitFor(metric.ladder, Math.max(...values.map((value) => value.value)));
  const title = compareTitle(metric);
  const labelLength = host.clientWidth < NARROW ? 18 : 32;
  host.style.height = `${90 + 44 * entries.length}px`;
  const describe = (index) => `${entries[index].label}: ${withUnit(metric.ladder, values[index].value, unit)}`;
  draw(host, {
    label: `${title} of ${entries.map((entry, index) => describe(index)).join('; ')}`,
    keyboard: {describe},
    config: {
      type: 'bar',
      data: {
        labels: entries.map(({parts}) => parts.map((part) => shortened(part, labelLength))),
        datasets: [
          {data: values.map((value) => value.value / unit.factor), grouped: false, order: 2, barPercentage: 0.7, borderRadius: 3,
            backgroundColor: entries.map(({run, colour}) => (run === current ? colour : faded(colour, 0.75)))},
          {data: values.map((value) => (value.high > value.low ? [value.low / unit.factor, value.high / unit.factor] : null)), grouped: false, order: 1,
            barThickness: 3, backgroundColor: faded(colours.text, 0.65)},
        ],
      },
      options: {
        indexAxis: 'y', interaction: {mode: 'index', axis: 'y', intersect: false},
        scales: {
          x: axis(`${title}, ${unit.name}`, colours, {beginAtZero: true, ticks: {callback: tick}}),
          y: axis('', colours, {grid: {display: false}, ticks: {color: colours.text}}),
        },
        plugins: {
          tooltip: {
            ...tooltipStyle(colours), filter: (item) => item.datasetIndex === 0,
            callbacks: {label: (item) => [withUnit(metric.ladder, values[item.dataIndex].value), interval(metric.ladder, values[item.dataIndex], unit)]},
          },
        },
      },
    },
  });
}

function plainTable(caption, titles, rows) {
  return element('div', {class: 'table-scroll', tabindex: 0, role: 'region', 'aria-label': caption},
    element('table', {class: 'plain'},
      element('thead', {}, element('tr', {}, ...titles.map((title, index) => element('th', {scope: 'col', class: index ? 'number' : null}, title)))),
      element('tbody', {}, ...rows)));
}

export function comparisonTable(entries, current, onChoose) {
  const rows = entries.map((entry) => {
    const {run, label} = entry;
    const per = run.perItem('energy');
    const cells = [
      whole(run.batch), withUnit('time', run.totals.runtime && run.totals.runtime.value),
      run.itemsPerSecond ? digits(run.itemsPerSecond) : '–',
      withUnit('power', run.totals.power && run.totals.power.value), withUnit('energy', per && per.value),
      `${whole(run.coverage.covered)} of ${whole(run.coverage.layers)}`,
    ];
    return element('tr', {class: run === current ? 'selected' : null},
      element('th', {scope: 'row'}, element('button', {type: 'button', class: 'link', onclick: () => onChoose(entry)}, label)),
      ...cells.map((text) => element('td', {class: 'number'}, text)));
  });
  return plainTable('Comparison', ['Network', 'Batch', METRICS.runtime.label, 'Items/s', METRICS.power.label, 'Energy per item', 'Covered'], rows);
}

// M = error^alpha x energy per item; the winner of each alpha is marked, ties as what they are.
export function ratioTable(ranking) {
  const rows = ranking.networks.map((network) => element('tr', {},
    element('th', {scope: 'row'}, network.name),
    element('td', {class: 'number'}, percent(network.error)),
    element('td', {class: 'number'}, withUnit('energy', network.epi_j)),
    ...network.m.map((m, index) => {
      const won = ranking.winners[index] === network.name;
      const tied = ranking.ties[index].includes(network.name) || (won && ranking.ties[index].length > 0);
      return element('td', {class: `number${won ? ' winner' : ''}`}, withUnit('energy', m), won || tied ? ` ${tied ? '~' : '★'}` : '');
    }),
    element('td', {class: 'number'}, network.on_front.energy ? 'on the front' : '')));
  return plainTable('Energy-Precision Ratio',
    ['Network', 'Error', 'Energy per item', ...ranking.alphas.map((alpha) => `M, alpha ${tick(alpha)}`), 'Pareto'], rows);
}

export function ratioCaption(ranking) {
  const words = ['M = error^alpha × energy per item, less is better; ★ is the best, ~ a tie within the intervals.'];
  for (const flip of ranking.winner_flips)
    words.push(`Below alpha ${digits(flip.alpha)} ${flip.below} is ahead, above it ${flip.above}.`);
  for (const network of ranking.networks)
    if (network.caveat) words.push(`${network.name}: ${network.caveat}.`);
  return words.join(' ');
}
