// SPDX-License-Identifier: Apache-2.0
// Points: layers under the device's roof, networks by error and energy, predictions against
// measurements.
import {element} from './dom.js';
import {METRICS, count, digits, tick, interval, percent, plural, shortened, unitFor, whole, withUnit} from './format.js';
import {faded, seriesColour, SHAPES} from './palette.js';
import {axis, draw, inks, powersOfTen, tooltipStyle} from './charts.js';
import {describeLayer} from './layer_chart.js';

const perSecond = (value) => `${count(value)}FLOP/s`;

function rooflinePoints(run) {
  return run.layers
    .filter((layer) => layer.flops > 0 && layer.bytes > 0 && layer.runtime && layer.runtime.value > 0)
    .map((layer) => ({
      layer, x: layer.flops / layer.bytes, y: (1e3 * layer.flops) / layer.runtime.value,
      share: run.share(layer, 'runtime'),
    }));
}

function roofLine(roof, from, to) {
  const ridge = roof.flops_per_s / roof.bytes_per_s;
  const at = (x) => ({x, y: Math.min(roof.flops_per_s, x * roof.bytes_per_s)});
  return [at(Math.min(from, ridge / 2)), at(ridge), at(Math.max(to, ridge * 2))];
}

function rooflineCaption(run, points, roof) {
  const left = run.layers.length - points.length;
  const words = ['Each point is a layer, larger where it takes longer; the higher, the better the device is used.'];
  if (roof) {
    const ridge = roof.flops_per_s / roof.bytes_per_s;
    const share = points.filter((point) => point.x < ridge).reduce((sum, point) => sum + point.share, 0);
    words.push(`The roof is ${roof.source}: ${perSecond(roof.flops_per_s)} and ${count(roof.bytes_per_s)}B/s. ` +
      `Layers left of its ridge are bound by memory; they take ${percent(share)} of the runtime.`);
  }
  if (left) words.push(`${plural(left, 'layer')} without operations or without a prediction ${left === 1 ? 'is' : 'are'} not shown.`);
  return words.join(' ');
}

// What is chosen or filtered out shows in the points' colours.
function pointColours(points, {styles, selected, matching}) {
  const {text} = inks();
  return points.map(({layer}) => {
    if (layer.index === selected) return text;
    return faded(styles.get(layer.kind).colour, !matching || matching.has(layer.index) ? 0.72 : 0.1);
  });
}

// `view` as for drawLayerChart.
export function drawRoofline(host, run, device, view) {
  const colours = inks();
  const points = rooflinePoints(run);
  if (!points.length) {
    host.replaceChildren(element('p', {class: 'caption'}, 'No layer has both operations and a predicted runtime.'));
    return {restyle() {}};
  }
  const {roof} = device;
  const xs = points.map((point) => point.x), ys = points.map((point) => point.y);
  const caption = rooflineCaption(run, points, roof);
  const chartHost = element('div', {class: 'chart'});
  host.replaceChildren(chartHost, element('p', {class: 'caption'}, caption));
  const coloured = pointColours(points, view);
  const radii = points.map((point) => 3 + 11 * Math.sqrt(point.share));
  const sets = [{
    data: points, pointRadius: radii, pointHoverRadius: radii.map((radius) => radius + 2),
    pointStyle: points.map(({layer}) => view.styles.get(layer.kind).shape),
    backgroundColor: coloured, borderColor: coloured, pointBorderWidth: 1,
  }];
  if (roof)
    sets.push({data: roofLine(roof, Math.min(...xs), Math.max(...xs)), type: 'line', isRoof: true,
      borderColor: colours.muted, borderWidth: 2, borderDash: [6, 4], pointRadius: 0, pointHoverRadius: 0});
  const describe = (index) => {
    const {layer, x, y} = points[index];
    return `${layer.name}: ${digits(x)} operations a byte, ${perSecond(y)}`;
  };
  const chart = draw(chartHost, {
    label: `Roofline plot. ${caption}`,
    keyboard: {describe, pick: (index) => view.onPick(points[index].layer.index)},
    config: {
      type: 'scatter',
      data: {datasets: sets},
      options: {
        interaction: {mode: 'nearest', intersect: true},
        onClick: (event, elements) => elements.length && elements[0].datasetIndex === 0 && view.onPick(points[elements[0].index].layer.index),
        scales: {
          x: axis('operations per byte', colours, {type: 'logarithmic', ticks: powersOfTen(tick)}),
          y: axis('operations per second', colours, {type: 'logarithmic', min: 10 ** Math.floor(Math.log10(Math.min(...ys))), ticks: powersOfTen((value) => count(value))}),
        },
        plugins: {
          tooltip: {
            ...tooltipStyle(colours), filter: (item) => !item.dataset.isRoof,
            callbacks: {
              title: ([item]) => item && shortened(points[item.dataIndex].layer.name, 60),
              label: (item) => [`${digits(points[item.dataIndex].x)} operations a byte, ${perSecond(points[item.dataIndex].y)}`,
                ...describeLayer(run, points[item.dataIndex].layer)],
            },
          },
        },
      },
    },
  });
  return {
    restyle(newView) {
      const [layers] = chart.data.datasets;
      layers.backgroundColor = layers.borderColor = pointColours(points, newView);
      chart.update('none');
    },
  };
}

// Networks by error and energy, with the front that no other network beats.
export function drawFront(host, ranking) {
  const colours = inks();
  const networks = ranking.networks;
  const unit = unitFor('energy', Math.max(...networks.map((network) => network.epi_j)));
  const front = networks.filter((network) => network.on_front.energy && !network.excluded)
    .map((network) => ({x: 100 * network.error, y: network.epi_j / unit.factor}))
    .sort((a, b) => a.x - b.x);
  const sets = networks.map((network, index) => ({
    label: network.name, isNetwork: true,
    data: [{x: 100 * network.error, y: network.epi_j / unit.factor}],
    pointStyle: SHAPES[index], pointRadius: 7, pointHoverRadius: 9,
    backgroundColor: seriesColour(index), borderColor: seriesColour(index), pointBorderWidth: 2,
  }));
  const ranges = networks.map((network, index) => ({
    type: 'line', data: [network.epi_low_j, network.epi_high_j].map((y) => ({x: 100 * network.error, y: y / unit.factor})),
    borderColor: faded(seriesColour(index), 0.6), borderWidth: 2, pointRadius: 0, pointHoverRadius: 0,
  }));
  const line = {type: 'line', data: front, stepped: 'after', borderColor: colours.muted, borderDash: [6, 4], borderWidth: 1.5, pointRadius: 0, pointHoverRadius: 0};
  const best = networks.filter((network) => network.on_front.energy).map((network) => network.name);
  draw(host, {
    label: `Error and energy per item of ${plural(networks.length, 'network')}; on the front: ${best.join(', ')}. The table has the numbers.`,
    config: {
      type: 'scatter',
      data: {datasets: [...sets, ...ranges, line]},
      options: {
        interaction: {mode: 'nearest', intersect: true},
        scales: {
          x: axis('error, %', colours, {grace: '8%', ticks: {callback: tick}}),
          y: axis(`energy per item, ${unit.name}`, colours, {beginAtZero: true, ticks: {callback: tick}}),
        },
        plugins: {
          legend: {display: true, position: 'bottom', labels: {color: colours.text, usePointStyle: true, filter: (item, data) => data.datasets[item.datasetIndex].isNetwork}, onClick: () => {}},
          tooltip: {
            ...tooltipStyle(colours), filter: (item) => item.dataset.isNetwork,
            callbacks: {
              title: ([item]) => item && item.dataset.label,
              label: (item) => {
                const network = networks[item.datasetIndex];
                const range = interval('energy', {value: network.epi_j, low: network.epi_low_j, high: network.epi_high_j});
                return [`error ${percent(network.error)}`, `${withUnit('energy', network.epi_j)} an item`, range];
              },
            },
          },
        },
      },
    },
  });
}

// Layers that have both a prediction and a measurement of the metric.
export function comparedLayers(run, metric) {
  return run.layers.filter((layer) => layer[metric.id] && layer.measured && layer.measured[metric.id] > 0 && layer[metric.id].value > 0);
}

export function measuredErrors(run, metric) {
  return comparedLayers(run, metric).map((layer) => layer[metric.id].value / layer.measured[metric.id] - 1);
}

function measuredCaption(run, metric, layers) {
  const errors = measuredErrors(run, metric).map(Math.abs);
  const mean = errors.reduce((a, b) => a + b, 0) / errors.length;
  const median = [...errors].sort((a, b) => a - b)[Math.floor(errors.length / 2)];
  const near = errors.filter((error) => error <= 0.1).length;
  const seen = layers.filter((layer) => layer.measured.trainedOn).length;
  const held = layers.length - seen;
  return `${plural(layers.length, 'layer')} measured and predicted: absolute error ${percent(median)} in the median and ${percent(mean)} on average, ${percent(near / layers.length)} of them within 10 %. ` +
    (seen ? `The device model was trained on ${seen === layers.length ? 'all of these configurations' : `${whole(seen)} of these configurations (hollow)`}, so ${held ? `only the other ${whole(held)} test it` : 'this is no test of it'}.`
      : 'The device model has seen none of these configurations.');
}

export function drawMeasured(host, run, metric, {styles, onPick}) {
  const colours = inks();
  const layers = comparedLayers(run, metric);
  if (!layers.length) {
    host.replaceChildren(element('p', {class: 'caption'}, `No layer has a measured ${metric.label.toLowerCase()} beside its prediction.`));
    return;
  }
  const unit = unitFor(metric.ladder, Math.max(...layers.map((layer) => layer.measured[metric.id])));
  const points = layers.map((layer) => ({x: layer.measured[metric.id] / unit.factor, y: layer[metric.id].value / unit.factor}));
  const values = points.flatMap((point) => [point.x, point.y]);
  const from = Math.min(...values) * 0.8, to = Math.max(...values) * 1.25;
  const diagonal = (by, dash) => ({type: 'line', data: [{x: from, y: from * by}, {x: to, y: to * by}], borderColor: faded(colours.muted, dash ? 0.6 : 1),
    borderWidth: 1.5, borderDash: dash, pointRadius: 0, pointHoverRadius: 0});
  const colour = (layer) => styles.get(layer.kind).colour;
  const caption = measuredCaption(run, metric, layers);
  const chartHost = element('div', {class: 'chart square'});
  host.replaceChildren(chartHost, element('p', {class: 'caption'}, `${caption} Dashed lines are 10 % away.`));
  draw(chartHost, {
    label: `Predicted against measured ${metric.label.toLowerCase()}. ${caption}`,
    keyboard: {
      describe: (index) => `${layers[index].name}: predicted ${withUnit(metric.ladder, layers[index][metric.id].value)}, measured ${withUnit(metric.ladder, layers[index].measured[metric.id])}`,
      pick: (index) => onPick(layers[index].index),
    },
    config: {
      type: 'scatter',
      data: {
        datasets: [{
          data: points, isLayer: true, pointRadius: 5, pointHoverRadius: 7, pointBorderWidth: 1.5,
          pointStyle: layers.map((layer) => styles.get(layer.kind).shape),
          borderColor: layers.map(colour),
          backgroundColor: layers.map((layer) => (layer.measured.trainedOn ? 'transparent' : faded(colour(layer), 0.7))),
        }, diagonal(1), diagonal(1.1, [5, 4]), diagonal(0.9, [5, 4])],
      },
      options: {
        interaction: {mode: 'nearest', intersect: true},
        onClick: (event, elements) => elements.length && elements[0].datasetIndex === 0 && onPick(layers[elements[0].index].index),
        scales: {
          x: axis(`measured ${metric.label.toLowerCase()}, ${unit.name}`, colours, {type: 'logarithmic', min: from, max: to, ticks: powersOfTen(tick)}),
          y: axis(`predicted, ${unit.name}`, colours, {type: 'logarithmic', min: from, max: to, ticks: powersOfTen(tick)}),
        },
        plugins: {
          tooltip: {
            ...tooltipStyle(colours), filter: (item) => item.dataset.isLayer,
            callbacks: {
              title: ([item]) => item && shortened(layers[item.dataIndex].name, 60),
              label: (item) => {
                const layer = layers[item.dataIndex];
                return [`measured ${withUnit(metric.ladder, layer.measured[metric.id])}`, ...describeLayer(run, layer)];
              },
            },
          },
        },
      },
    },
  });
}

export const hasMeasured = (run) => Object.values(METRICS).some((metric) => comparedLayers(run, metric).length > 0);
