// SPDX-License-Identifier: Apache-2.0
// Bars of every layer in the order in which the network runs them, with intervals, and marks where
// the device model knows nothing or had to go beyond what was measured.
import {element} from './dom.js';
import {METRICS, interval, percent, plural, shortened, unitFor, withUnit, tick} from './format.js';
import {faded} from './palette.js';
import {axis, draw, inks, tooltipStyle} from './charts.js';

const NAMED_BARS = 44;      // up to so many bars in view are named, more are numbered
const NAME_LENGTH = 22;
const AXIS_WIDTH = 70;      // pixels, about
const NUMBER_ROOM = 45;     // pixels from one number under the bars to the next, at least
const INTERVAL_ROOM = 3;    // pixels a layer, from which intervals are drawn
const LANE = 0.025;         // how far below zero marks stand, of the axis
const BEYOND = 4;           // intervals this much longer than the longest bar are cut off

// What is said of a layer in tooltips and to screen readers, a line each.
export function describeLayer(run, layer) {
  const lines = [layer.text];
  if (!layer.covered) lines.push(`not covered: ${layer.reason}`);
  for (const metric of Object.values(METRICS)) {
    const estimate = layer[metric.id];
    if (!estimate) continue;
    const range = interval(metric.ladder, estimate);
    lines.push(`${metric.label} ${withUnit(metric.ladder, estimate.value)}${range ? ` (${range})` : ''}`);
  }
  lines.push(`${percent(run.share(layer))} of the ${run.costMetric}`);
  return [...lines, ...layer.warnings.map((warning) => `⚠ ${shortenedEnd(warning, 90)}`)];
}

const shortenedEnd = (text, length) => (text.length <= length ? text : `${text.slice(0, length - 1)}…`);

function top(run, metric) {
  let value = 0, high = 0;
  for (const layer of run.layers) {
    if (!layer[metric.id]) continue;
    value = Math.max(value, layer[metric.id].value);
    high = Math.max(high, layer[metric.id].high);
  }
  return {value, high};
}

const isNamed = (scale) => scale.max - scale.min < NAMED_BARS && scale.maxWidth > 600;

// Numbers under the bars are round: 1, 50, 100, ...
function keepRoundNumbers(scale) {
  if (isNamed(scale)) return;
  const least = ((scale.max - scale.min + 1) * NUMBER_ROOM) / scale.maxWidth;
  const power = 10 ** Math.max(0, Math.floor(Math.log10(least)));
  const step = [1, 2, 5, 10].map((digit) => digit * power).find((each) => each >= least) || 1;
  scale.ticks = scale.ticks.filter(({value}) => value === 0 || (value + 1) % step === 0);
}

function markers(label, colour, pointStyle, data, radius) {
  return {
    type: 'line', label, data, showLine: false, pointStyle, order: 0, clip: false,
    pointRadius: radius, pointHoverRadius: radius + 1, borderColor: colour, backgroundColor: colour,
    pointBorderWidth: 1.5,
  };
}

// `lane`: where marks stand, below zero.
function datasets(run, metric, {factor, lane}, {styles, matching, selected}, colours) {
  const scaled = (x) => x / factor;
  const estimates = run.layers.map((layer) => layer[metric.id]);
  const shown = (layer) => !matching || matching.has(layer.index);
  const colour = (layer) => {
    if (layer.index === selected) return colours.text;
    const own = styles.get(layer.kind).colour;
    return shown(layer) ? own : faded(own, 0.18);
  };
  return [
    {
      label: metric.label, order: 2, grouped: false, categoryPercentage: 1,
      data: estimates.map((e) => (e ? scaled(e.value) : null)),
      backgroundColor: run.layers.map(colour), minBarLength: 1,
    },
    {
      label: '90 % interval', order: 1, grouped: false, categoryPercentage: 1,
      data: estimates.map((e) => (e && e.high > e.low ? [scaled(e.low), scaled(e.high)] : null)),
      backgroundColor: run.layers.map((layer) => faded(colours.text, shown(layer) ? 0.6 : 0.12)),
    },
    markers('outside what was measured', colours.warning, 'triangle',
      run.layers.map((layer) => (layer.state === 'outside' ? lane : null)), 3),
    markers('not covered', colours.warning, 'crossRot',
      run.layers.map((layer) => (layer.covered ? null : lane)), 3),
  ];
}

// Bars never get thinner than can be seen, intervals vanish where they would be a grey wall.
const fitBars = {
  id: 'fit-bars',
  beforeUpdate(chart) {
    const last = chart.data.labels.length - 1;
    const {min = 0, max = last} = chart.options.scales.x;
    const room = (chart.width - AXIS_WIDTH) / (max - min + 1);
    const [bars, intervals, ...marks] = chart.data.datasets;
    bars.barThickness = Math.max(1.6, Math.min(60, 0.8 * room));
    intervals.barThickness = room >= 12 ? 2 : 1;
    intervals.hidden = room < INTERVAL_ROOM;
    for (const mark of marks) mark.pointRadius = Math.max(1, Math.min(3.5, room / 2.5));
  },
};

function layerCaption(run, metric, cutOff) {
  const outside = run.layers.filter((layer) => layer.state === 'outside').length;
  const uncovered = run.layers.filter((layer) => layer.state === 'uncovered').length;
  const parts = [`${metric.label} of ${plural(run.layers.length, 'layer')} in the order in which they run; lines, where there is room for them, are 90 % intervals`];
  if (outside) parts.push(`▲ ${plural(outside, 'layer')} outside what was measured`);
  if (uncovered) parts.push(`✕ ${plural(uncovered, 'layer')} not covered`);
  if (cutOff) parts.push('the longest intervals are cut off');
  return `${parts.join('; ')}.`;
}

function zoomButtons(chart) {
  const all = chart.data.labels.length - 1;
  const apply = (min, max) => {
    const span = Math.min(all, Math.max(8, max - min));
    const from = Math.max(0, Math.min(all - span, min));
    chart.zoomScale('x', {min: Math.round(from), max: Math.round(from + span)}, 'none');
  };
  const scale = (by) => {
    const {min, max} = chart.scales.x;
    const middle = (min + max) / 2, half = (max - min) / 2 * by;
    apply(middle - half, middle + half);
  };
  const shift = (share) => {
    const {min, max} = chart.scales.x;
    const by = (max - min) * share;
    apply(min + by, max + by);
  };
  const actions = {
    '+': () => scale(0.5), '-': () => scale(2), '0': () => apply(0, all),
    '<': () => shift(-0.5), '>': () => shift(0.5),
  };
  const button = (key, text, label) => element('button',
    {type: 'button', class: 'button small', 'aria-label': label, title: `${label} (key ${key})`, onclick: actions[key]}, text);
  const row = element('div', {class: 'zoom', role: 'group', 'aria-label': 'Zoom'},
    button('<', '←', 'Earlier layers'), button('-', '−', 'Zoom out'), button('+', '+', 'Zoom in'),
    button('>', '→', 'Later layers'), button('0', 'All', 'All layers'));
  const zoomKeys = (key) => Boolean(actions[key === '=' ? '+' : key]) && (actions[key === '=' ? '+' : key](), true);
  return {row, zoomKeys};
}

// `view`: {styles by kind, matching: Set of indices or null, selected: index or -1, onPick(index)}.
export function drawLayerChart(host, run, metric, view) {
  const colours = inks();
  const highest = top(run, metric);
  const unit = unitFor(metric.ladder, highest.value);
  const cutOff = highest.high > BEYOND * highest.value;
  const ceiling = (cutOff ? 1.5 * highest.value : 1.05 * highest.high) / unit.factor || 1;
  const place = {factor: unit.factor, lane: -LANE * ceiling};
  const chartHost = element('div', {class: 'chart tall'});
  const caption = element('p', {class: 'caption'}, layerCaption(run, metric, cutOff));
  const tools = element('div', {class: 'chart-tools'});
  host.replaceChildren(tools, chartHost, caption);
  let keys = () => false;
  const chart = draw(chartHost, {
    label: `${layerCaption(run, metric, cutOff)} Arrow keys walk through the layers, Enter opens one, plus and minus zoom; the table below has the same numbers.`,
    keyboard: {
      describe: (index) => [run.layers[index].name, ...describeLayer(run, run.layers[index])].join(', '),
      pick: view.onPick, zoomKeys: (key) => keys(key),
    },
    config: {
      type: 'bar',
      plugins: [fitBars],
      data: {
        labels: run.layers.map((layer) => layer.index + 1),
        datasets: datasets(run, metric, place, view, colours),
      },
      options: {
        interaction: {mode: 'index', intersect: false},
        onClick: (event, elements) => elements.length && view.onPick(elements[0].index),
        scales: {
          x: axis('layer, in the order of the network', colours, {
            grid: {display: false},
            afterBuildTicks: keepRoundNumbers,
            beforeCalculateLabelRotation(scale) { scale.options.ticks.maxRotation = scale.options.ticks.minRotation = isNamed(scale) ? 55 : 0; },
            ticks: {
              maxRotation: 60, minRotation: 0, autoSkipPadding: 4,
              callback(value) {
                return isNamed(this) ? shortened(run.layers[value].name, NAME_LENGTH) : value + 1;
              },
            },
          }),
          y: axis(`${metric.label.toLowerCase()}, ${unit.name}`, colours, {
            min: -2 * LANE * ceiling, max: ceiling,
            afterBuildTicks: (scale) => { scale.ticks = scale.ticks.filter(({value}) => value >= 0 && value < ceiling); },
            ticks: {callback: tick, maxTicksLimit: 7},
          }),
        },
        plugins: {
          tooltip: {
            ...tooltipStyle(colours),
            filter: (item, index) => index === 0,
            callbacks: {
              title: ([item]) => item && `${item.dataIndex + 1}  ${shortened(run.layers[item.dataIndex].name, 60)}`,
              label: (item) => describeLayer(run, run.layers[item.dataIndex]),
            },
          },
          zoom: {
            zoom: {
              mode: 'x', drag: {enabled: true, backgroundColor: faded(colours.accent, 0.2)},
              wheel: {enabled: true, modifierKey: 'ctrl'},
            },
            limits: {x: {minRange: 8}},
          },
        },
      },
    },
  });
  const zoom = zoomButtons(chart);
  keys = zoom.zoomKeys;
  tools.append(element('span', {class: 'hint'}, 'Drag to zoom, click a bar for its layer.'), zoom.row);
  return {
    restyle(newView) {
      datasets(run, metric, place, newView, inks()).forEach((dataset, index) => {
        if (index < 2) chart.data.datasets[index].backgroundColor = dataset.backgroundColor;
      });
      chart.update('none');
    },
  };
}
