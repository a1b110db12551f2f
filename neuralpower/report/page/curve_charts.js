// SPDX-License-Identifier: Apache-2.0
// Curves: what has been spent after each layer, and what a batch size buys.
import {element} from './dom.js';
import {METRICS, digits, tick, percent, plural, shortened, unitFor, withUnit, interval} from './format.js';
import {faded, seriesColour, SHAPES} from './palette.js';
import {axis, draw, inks, powersOfTen, tooltipStyle} from './charts.js';

const TOP_LAYERS = 10;
const STEPPED_LAYERS = 400;  // from which steps cannot be seen
const WIDE_RANGE = 30;  // from which an axis is logarithmic

function runningSums(run, metric) {
  const sums = {value: [], low: [], high: []};
  let value = 0, low = 0, high = 0;
  for (const layer of run.layers) {
    const estimate = layer[metric.id] || {value: 0, low: 0, high: 0};
    sums.value.push(value += estimate.value);
    sums.low.push(low += estimate.low);
    sums.high.push(high += estimate.high);
  }
  return sums;
}

function cumulativeCaption(run, metric, sums) {
  const total = sums.value[sums.value.length - 1];
  if (!(total > 0)) return 'Nothing is spent.';
  const half = sums.value.findIndex((value) => value >= total / 2);
  const costs = run.layers.map((layer) => run.share(layer, metric.id)).sort((a, b) => b - a);
  const most = Math.min(TOP_LAYERS, costs.length);
  const topShare = costs.slice(0, most).reduce((a, b) => a + b, 0);
  return `Half of the ${metric.label.toLowerCase()} is spent by layer ${half + 1} of ${run.layers.length}, ` +
    `${shortened(run.layers[half].name, 40)}; the ${most} most expensive layers take ${percent(topShare)}. ` +
    'The band is the 90 % interval.';
}

function band(data, colour, fill, stepped = false) {
  return {data, borderWidth: 0, pointRadius: 0, backgroundColor: faded(colour, 0.16), fill, stepped};
}

// Runtime or energy after each layer; for power, which does not add up, energy.
export function drawCumulative(host, run, chosen, onPick) {
  const metric = METRICS[chosen.id === 'runtime' || !run.totals.energy ? 'runtime' : 'energy'];
  const colours = inks();
  const colour = seriesColour(0);
  const sums = runningSums(run, metric);
  const unit = unitFor(metric.ladder, sums.value[sums.value.length - 1] || 0);
  const points = (values) => values.map((value, index) => ({x: index + 1, y: value / unit.factor}));
  const caption = cumulativeCaption(run, metric, sums);
  const stepped = run.layers.length < STEPPED_LAYERS ? 'before' : false;
  const chartHost = element('div', {class: 'chart'});
  host.replaceChildren(chartHost, element('p', {class: 'caption'}, caption));
  const describe = (index) => `after ${run.layers[index].name}: ${withUnit(metric.ladder, sums.value[index])}`;
  draw(chartHost, {
    label: `${metric.label} added up layer by layer. ${caption}`,
    keyboard: {describe, pick: onPick},
    config: {
      type: 'line',
      data: {
        datasets: [
          {data: points(sums.value), borderColor: colour, borderWidth: 2, pointRadius: 0, pointHoverRadius: 5,
            pointHoverBackgroundColor: colour, stepped},
          band(points(sums.low), colour, false, stepped),
          band(points(sums.high), colour, '-1', stepped),
        ],
      },
      options: {
        interaction: {mode: 'index', intersect: false}, parsing: false, normalized: true,
        onClick: (event, elements) => elements.length && onPick(elements[0].index),
        scales: {
          x: axis('layer, in the order of the network', colours, {type: 'linear', min: 1, max: Math.max(2, run.layers.length), grid: {display: false}, ticks: {precision: 0}}),
          y: axis(`${metric.label.toLowerCase()} so far, ${unit.name}`, colours, {beginAtZero: true, ticks: {callback: tick, maxTicksLimit: 6}}),
        },
        plugins: {
          tooltip: {
            ...tooltipStyle(colours), filter: (item) => item.datasetIndex === 0,
            callbacks: {
              title: ([item]) => item && shortened(run.layers[item.dataIndex].name, 60),
              label: (item) => [
                `${withUnit(metric.ladder, sums.value[item.dataIndex])} so far, ${percent(sums.value[item.dataIndex] / (sums.value[sums.value.length - 1] || 1))}`,
                `${percent(run.share(run.layers[item.dataIndex], metric.id))} in this layer`],
            },
          },
        },
      },
    },
  });
}

const CURVES = {
  throughput: {
    title: 'items per second', ladder: 'count',
    of: (run) => run.itemsPerSecond,
    range(run) {
      const total = run.totals.runtime;
      return total && total.low > 0 ? [1e3 * run.batch / total.high, 1e3 * run.batch / total.low] : null;
    },
  },
  latency: {
    title: 'runtime of a batch', ladder: 'time',
    of: (run) => run.totals.runtime && run.totals.runtime.value,
    range: (run) => run.totals.runtime && [run.totals.runtime.low, run.totals.runtime.high],
  },
  energy: {
    title: 'energy per item', ladder: 'energy',
    of: (run) => run.perItem('energy') && run.perItem('energy').value,
    range: (run) => run.perItem('energy') && [run.perItem('energy').low, run.perItem('energy').high],
  },
};

function batchSeries(report, pair, index, curve, unit, current) {
  const runs = [...report.of(pair.network, pair.device)].sort((a, b) => a.batch - b.batch);
  const colour = seriesColour(index);
  const isCurrent = pair.network === current.network && pair.device === current.device;
  const line = {
    label: pair.label, borderColor: colour, backgroundColor: colour, pointStyle: SHAPES[index],
    borderWidth: isCurrent ? 2.5 : 1.5, pointRadius: isCurrent ? 4.5 : 3.5, runs,
    data: runs.map((run) => ({x: run.batch, y: curve.of(run) === null ? NaN : curve.of(run) / unit.factor})),
  };
  if (!isCurrent) return [line];
  const edge = (side) => runs.map((run) => ({x: run.batch, y: curve.range(run) ? curve.range(run)[side] / unit.factor : NaN}));
  return [line, {...band(edge(0), colour, false), isBand: true}, {...band(edge(1), colour, '-1'), isBand: true}];
}

// One small chart a curve: throughput, latency and energy over batch sizes, a line for each pair.
export function drawBatchCurve(host, report, current, name) {
  const curve = CURVES[name];
  const colours = inks();
  const pairs = report.pairs();
  const values = report.runs.map(curve.of).filter((value) => value !== null && Number.isFinite(value));
  const unit = curve.ladder === 'count' ? {factor: 1, name: ''} : unitFor(curve.ladder, Math.max(...values));
  const wide = Math.max(...values) > WIDE_RANGE * Math.min(...values);
  const sets = pairs.flatMap((pair, index) => batchSeries(report, pair, index, curve, unit, current));
  const first = sets.findIndex((set) => !set.isBand && set.borderWidth > 2);
  const batches = [...new Set(report.runs.map((run) => run.batch))].sort((a, b) => a - b);
  const axisName = unit.name ? `${curve.title}, ${unit.name}` : curve.title;
  const describe = (index) => {
    const run = sets[first].runs[index];
    return `batch ${run.batch}: ${worth(curve, run, unit)}`;
  };
  draw(host, {
    label: `${curve.title} over batch sizes: ${sets[first].runs.map((run, index) => describe(index)).join('; ')}`,
    keyboard: {dataset: first, describe},
    config: {
      type: 'line',
      data: {datasets: sets},
      options: {
        interaction: {mode: 'nearest', intersect: false},
        scales: {
          x: axis('batch', colours, {type: 'logarithmic', min: batches[0], max: batches[batches.length - 1], grid: {display: false},
            afterBuildTicks: (scale) => { scale.ticks = batches.map((value) => ({value})); },
            ticks: {callback: (value) => value, autoSkip: true, maxRotation: 0}}),
          y: axis(axisName, colours, wide ? {type: 'logarithmic', ticks: powersOfTen(tick)}
            : {beginAtZero: true, ticks: {callback: tick, maxTicksLimit: 6}}),
        },
        plugins: {
          tooltip: {
            ...tooltipStyle(colours), filter: (item) => !item.dataset.isBand,
            callbacks: {
              title: ([item]) => item && `${item.dataset.label}, batch ${item.parsed.x}`,
              label: (item) => {
                const run = item.dataset.runs[item.dataIndex];
                const range = curve.range(run);
                return [`${curve.title}: ${worth(curve, run, unit)}`,
                  range ? interval(curve.ladder, {value: curve.of(run), low: range[0], high: range[1]}, unit) : ''];
              },
            },
          },
        },
      },
    },
  });
}

function worth(curve, run, unit) {
  return curve.ladder === 'count' ? digits(curve.of(run)) : withUnit(curve.ladder, curve.of(run), unit);
}

export function batchCaption(report, current) {
  const runs = report.of(current.network, current.device);
  const costs = runs.filter((run) => run.perItem('energy'));
  const fastest = runs.reduce((a, b) => ((b.itemsPerSecond || 0) > (a.itemsPerSecond || 0) ? b : a));
  const words = [`Most items per second at batch ${fastest.batch}`];
  if (costs.length) {
    const cheapest = costs.reduce((a, b) => (b.perItem('energy').value < a.perItem('energy').value ? b : a));
    words.push(`least energy per item at batch ${cheapest.batch}, ${withUnit('energy', cheapest.perItem('energy').value)}`);
  }
  return `${words.join('; ')}, of ${plural(runs.length, 'batch size')} predicted.`;
}
