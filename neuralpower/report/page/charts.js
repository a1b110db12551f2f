// SPDX-License-Identifier: Apache-2.0
// What every chart has: the page's fonts and colours, a description for those who cannot see it, and
// a keyboard that walks through its points.
import {element, announce} from './dom.js';
import {styleColour} from './palette.js';

const drawn = new Map();  // host element -> Chart

export function inks() {
  return {
    text: styleColour('ink'), muted: styleColour('muted'), grid: styleColour('grid'),
    card: styleColour('card'), accent: styleColour('accent'), warning: styleColour('warning'),
  };
}

export function axis(title, colours, more = {}) {
  const {ticks, grid, ...rest} = more;
  return {
    title: {display: Boolean(title), text: title, color: colours.muted, font: {size: 12}},
    ticks: {color: colours.muted, padding: 6, ...ticks},
    grid: {color: colours.grid, drawTicks: false, ...grid},
    border: {display: false},
    ...rest,
  };
}

// Ticks of a logarithmic axis at the powers of ten; at 2 and 5 too where there are few of those.
export function powersOfTen(format) {
  return {
    autoSkip: false,
    callback(value) {
      const decades = Math.log10(this.max / this.min);
      const lead = value / 10 ** Math.floor(Math.log10(value) + 1e-9);
      const shown = Math.abs(lead - 1) < 1e-6 ||
        (decades < 2.2 && [2, 5].some((digit) => Math.abs(lead - digit) < 1e-6));
      return shown ? format(value) : null;
    },
  };
}

export const tooltipStyle = (colours) => ({
  backgroundColor: colours.text, titleColor: colours.card, bodyColor: colours.card,
  padding: 10, cornerRadius: 6, displayColors: false, titleFont: {weight: '600'},
  bodySpacing: 3, caretSize: 5,
});

function walkWithKeys(canvas, chart, {dataset = 0, describe, pick, zoomKeys}) {
  let at = -1;
  const last = chart.data.datasets[dataset].data.length - 1;
  const moves = {ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1, PageDown: 10, PageUp: -10};
  canvas.addEventListener('keydown', (event) => {
    if (zoomKeys && zoomKeys(event.key)) {
      event.preventDefault();
      return;
    }
    if (event.key in moves) at = Math.min(last, Math.max(0, at + moves[event.key]));
    else if (event.key === 'Home') at = 0;
    else if (event.key === 'End') at = last;
    else if (event.key === 'Enter' && at >= 0 && pick) pick(at);
    else return;
    event.preventDefault();
    const point = chart.getDatasetMeta(dataset).data[at];
    const active = [{datasetIndex: dataset, index: at}];
    chart.setActiveElements(active);
    if (point && !point.skip && Number.isFinite(point.x))
      chart.tooltip.setActiveElements(active, {x: point.x, y: point.y});
    chart.update('none');
    announce(describe(at));
  });
  canvas.addEventListener('blur', () => {
    if (!chart.canvas) return;  // let go of while it had the focus
    chart.setActiveElements([]);
    chart.tooltip.setActiveElements([], {x: 0, y: 0});
    chart.update('none');
  });
}

// Draws into `host`, in place of what it drew there before. `label` says what the chart shows;
// `keyboard`: {dataset, describe(index), pick(index), zoomKeys(key)}.
export function draw(host, {label, config, keyboard}) {
  for (const other of [...drawn.keys()])
    if (other === host || !other.isConnected) forget(other);  // what the page has let go of
  const canvas = element('canvas', {role: 'img', 'aria-label': label, tabindex: 0});
  host.replaceChildren(canvas);
  config.options = {
    animation: false, responsive: true, maintainAspectRatio: false, ...config.options,
  };
  config.options.plugins = {legend: {display: false}, ...config.options.plugins};
  const chart = new Chart(canvas, config);
  drawn.set(host, chart);
  if (keyboard) walkWithKeys(canvas, chart, keyboard);
  return chart;
}

export function forget(host) {
  if (drawn.has(host)) drawn.get(host).destroy();
  drawn.delete(host);
}

export function forgetAll() {
  for (const host of [...drawn.keys()]) forget(host);
}

export function resizeAll() {
  for (const chart of drawn.values()) chart.resize();
}

export function setChartFont() {
  Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
  Chart.defaults.font.size = 12;
}
