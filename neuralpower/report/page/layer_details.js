// SPDX-License-Identifier: Apache-2.0
// Everything about one layer, with every digit, and the way to its neighbours in the graph.
import {element} from './dom.js';
import {METRICS, count, interval, percent, shortened, whole} from './format.js';

const UNITS = {runtime: 'ms', power: 'W', energy: 'J'};
const NEIGHBOURS = 8;

function neighbours(run, indices, onPick) {
  if (!indices.length) return element('span', {}, '–');
  const buttons = indices.slice(0, NEIGHBOURS).map((index) => element('button',
    {type: 'button', class: 'link', title: run.layers[index].name, onclick: () => onPick(index)}, shortened(run.layers[index].name, 28)));
  if (indices.length > NEIGHBOURS) buttons.push(element('span', {}, `and ${whole(indices.length - NEIGHBOURS)} more`));
  return element('span', {class: 'neighbours'}, ...buttons);
}

function estimateFacts(run, layer) {
  return Object.values(METRICS).filter((metric) => layer[metric.id]).map((metric) => {
    const estimate = layer[metric.id];
    const measured = layer.measured && layer.measured[metric.id];
    const range = interval(metric.ladder, estimate);
    return [metric.label, element('span', {},
      element('strong', {}, `${estimate.value} ${UNITS[metric.id]}`),
      range ? element('span', {class: 'note'}, `90 %: ${range}`) : null,
      measured ? element('span', {class: 'note'}, `measured ${measured} ${UNITS[metric.id]}${layer.measured.trainedOn ? ', in training' : ', held out'}`) : null)];
  });
}

export function layerDetails(run, index, onPick) {
  if (index < 0) return element('p', {class: 'caption'}, 'Choose a layer in the chart or the table to see every digit of it and its place in the graph.');
  const layer = run.layers[index];
  const facts = [
    ['Configuration', element('code', {}, layer.text)],
    ...estimateFacts(run, layer),
    ['Share', layer.covered ? `${percent(run.share(layer))} of the ${run.costMetric}` : ''],
    ['Work', `${count(layer.macs)} MACs, ${count(layer.flops)} FLOPs, ${count(layer.params)} parameters, ${count(layer.bytes)} bytes moved`],
    ['Reads', neighbours(run, layer.reads, onPick)],
    ['Read by', neighbours(run, layer.readBy, onPick)],
    ['In the file', layer.op],
  ].filter(([, value]) => value !== '');
  return element('div', {},
    element('h3', {}, layer.name),
    ...layer.warnings.map((text) => element('p', {class: 'warning'}, `▲ ${text}`)),
    layer.reason ? element('p', {class: layer.covered ? 'caption' : 'warning'}, layer.covered ? layer.reason : `✕ not covered: ${layer.reason}`) : null,
    element('dl', {class: 'facts'}, ...facts.flatMap(([term, value]) => [element('dt', {}, term), element('dd', {}, value)])));
}
