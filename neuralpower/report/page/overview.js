// SPDX-License-Identifier: Apache-2.0
// What a meeting wants first: the totals, what they leave out, and how far they can be trusted.
import {byId, card, element, replaceChildren} from './dom.js';
import {METRICS, digits, interval, percent, plural, shortened, whole, withUnit} from './format.js';

const LISTED = 12;  // reasons and warnings listed before "and more"

function tile(label, value, note, extra = '') {
  const [number, ...unit] = value.split(/[ \u00a0]/);
  return element('div', {class: `tile ${extra}`}, element('dt', {}, label),
    element('dd', {}, element('span', {class: 'value'}, number, unit.length ? element('span', {class: 'unit'}, ` ${unit.join(' ')}`) : null),
      element('span', {class: 'note'}, note || '\u00a0')));
}

function estimateTile(label, ladder, estimate, missing) {
  if (!estimate) return tile(label, '–', missing || 'not known', 'absent');
  const range = interval(ladder, estimate);
  return tile(label, withUnit(ladder, estimate.value), range ? `90 %: ${range}` : 'no interval');
}

function tiles(run) {
  const items = run.itemsPerSecond;
  const missing = run.noPower ? 'no model of power' : 'not known for all layers';
  const {covered, layers, share_of_macs: share} = run.coverage;
  return [
    estimateTile(run.batch === 1 ? 'Runtime' : `Runtime of ${whole(run.batch)} items`, 'time', run.totals.runtime),
    tile('Throughput', items ? `${digits(items)} items/s` : '–', run.batch === 1 ? 'one at a time' : `in batches of ${whole(run.batch)}`),
    estimateTile('Average power', 'power', run.totals.power, missing),
    estimateTile('Energy per item', 'energy', run.perItem('energy'), missing),
    tile('Covered', percent(covered / Math.max(1, layers)), `${whole(covered)} of ${plural(layers, 'layer')}; MACs\u00a0${percent(share).replace(' ', '\u00a0')}`, covered < layers ? 'partial' : ''),
  ];
}

function list(entries) {
  const shown = entries.slice(0, LISTED).map((text) => element('li', {}, text));
  if (entries.length > LISTED) shown.push(element('li', {}, `and ${whole(entries.length - LISTED)} more`));
  return element('ul', {}, ...shown);
}

function notice(summary, entries) {
  return element('details', {class: 'notice'}, element('summary', {}, summary), list(entries));
}

function grouped(layers, reason) {
  const groups = new Map();
  for (const layer of layers) groups.set(reason(layer), (groups.get(reason(layer)) || 0) + 1);
  return [...groups].sort((a, b) => b[1] - a[1]).map(([text, number]) => `${text}: ${plural(number, 'layer')}`);
}

function notices(run) {
  const found = [];
  const uncovered = run.layers.filter((layer) => !layer.covered);
  const outside = run.layers.filter((layer) => layer.state === 'outside');
  const estimated = uncovered.filter((layer) => layer.runtime);
  const unknown = uncovered.filter((layer) => !layer.runtime);
  if (unknown.length)
    found.push(notice(`✕ ${plural(unknown.length, 'layer is', 'layers are')} not covered: the totals leave ${unknown.length === 1 ? 'it' : 'them'} out (${percent(1 - run.coverage.share_of_macs)} of the multiply-accumulates)`,
      grouped(unknown, (layer) => layer.reason)));
  if (estimated.length) {
    const share = estimated.reduce((sum, layer) => sum + run.share(layer), 0);
    found.push(notice(`✕ ${plural(estimated.length, 'layer is', 'layers are')} of kinds never measured: estimated (${percent(share)} of the ${run.costMetric})`,
      grouped(estimated, (layer) => layer.reason)));
  }
  if (outside.length) {
    const share = outside.reduce((sum, layer) => sum + run.share(layer), 0);
    found.push(notice(`▲ ${plural(outside.length, 'layer lies', 'layers lie')} outside what was measured: trust ${outside.length === 1 ? 'it' : 'them'} less (${percent(share)} of the ${run.costMetric})`,
      outside.map((layer) => `${shortened(layer.name, 60)}: ${layer.warnings.join('; ')}`)));
  }
  if (!run.totals.energy)
    found.push(notice(`No power and energy: ${run.noPower || 'some layers that take time have no model of power'}`, ['Runtimes are complete without them.']));
  return found;
}

export function showOverview(report, run) {
  const device = report.devices[run.device];
  const name = report.networkNames[run.network];
  byId('title').textContent = name;
  document.title = `${name} – NeuralPower`;
  byId('subtitle').textContent = `Predicted on ${report.deviceNames[run.device]} at batch ${whole(run.batch)}: ${plural(run.layers.length, 'layer')}, ` +
    (device.configurations ? `by a model of ${plural(device.configurations, 'measured layer')}` : `by the method ${device.method}`);
  replaceChildren(byId('tiles'), ...tiles(run));
  replaceChildren(byId('notices'), ...notices(run));
  byId('made-by').textContent = `Made by ${report.program}. Everything in this page stays in it: nothing is sent or fetched.`;
}

// Where the numbers come from, and how the device model did on layers it was not fitted to.
export function aboutCard(report, run) {
  const device = report.devices[run.device];
  const facts = [
    ['Device', device.name], ['Software', device.software], ['Method', device.method],
    ['Samples', device.configurations ? `${whole(device.configurations)} layer configurations. ${device.source}` : ''],
    ['Intervals', 'of a layer: 90 % of held-out layers lay inside. Of a network: the sums of its layers’ bounds, as errors of one device model go the same way.'],
  ].filter(([, text]) => text);
  const rows = [...new Set(device.held_out.map((row) => row.key))].map((key) => {
    const of = (target) => device.held_out.find((row) => row.key === key && row.target === target);
    const cells = ['runtime', 'power'].map((target) => element('td', {class: 'number'}, of(target) ? `${digits(of(target).rmspe)} %` : '–'));
    return element('tr', {}, element('th', {scope: 'row'}, key), ...cells, element('td', {class: 'number'}, whole((of('runtime') || of('power')).rows)));
  });
  const table = element('div', {class: 'table-scroll', tabindex: 0, role: 'region', 'aria-label': 'Held-out errors'},
    element('table', {class: 'plain'},
      element('caption', {}, 'Error on layers held out of training (root mean square, per cent)'),
      element('thead', {}, element('tr', {}, ...['Kind', METRICS.runtime.label, METRICS.power.label, 'Layers'].map((title, index) => element('th', {scope: 'col', class: index ? 'number' : null}, title)))),
      element('tbody', {}, ...rows)));
  return card('about', 'About these numbers',
    element('div', {class: 'columns'},
      element('dl', {class: 'facts'}, ...facts.flatMap(([term, text]) => [element('dt', {}, term), element('dd', {}, text)])),
      rows.length ? table : null));
}
