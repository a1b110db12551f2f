// SPDX-License-Identifier: Apache-2.0
// Numbers with units and as many digits as they deserve. Values are as in the JSON: ms, W, J.

const LADDERS = {
  time: [[1e-6, 'ns'], [1e-3, 'µs'], [1, 'ms'], [1e3, 's'], [6e4, 'min'], [3.6e6, 'h']],
  power: [[1e-6, 'µW'], [1e-3, 'mW'], [1, 'W'], [1e3, 'kW']],
  energy: [[1e-9, 'nJ'], [1e-6, 'µJ'], [1e-3, 'mJ'], [1, 'J'], [1e3, 'kJ'], [1e6, 'MJ']],
  count: [[1, ''], [1e3, 'k'], [1e6, 'M'], [1e9, 'G'], [1e12, 'T'], [1e15, 'P']],
};

export const METRICS = {
  runtime: {id: 'runtime', label: 'Runtime', ladder: 'time'},
  power: {id: 'power', label: 'Power', ladder: 'power'},
  energy: {id: 'energy', label: 'Energy', ladder: 'energy'},
};

// The unit in which a value reads best: {factor, name}.
export function unitFor(ladder, value) {
  let best = LADDERS[ladder][0];
  for (const step of LADDERS[ladder])
    if (Math.abs(value) >= step[0] * 0.9995) best = step;
  if (!value) best = LADDERS[ladder].find(([factor]) => factor === 1);
  return {factor: best[0], name: best[1]};
}

const formatters = new Map();
function formatter(options) {
  const key = JSON.stringify(options);
  if (!formatters.has(key)) formatters.set(key, new Intl.NumberFormat('en', options));
  return formatters.get(key);
}

// Three significant digits, but never fewer than the whole number has: 0.330, 76.0, 1,935.
export function digits(value) {
  if (value === null || value === undefined || !Number.isFinite(value)) return '–';
  if (Math.abs(value) >= 100) return formatter({maximumFractionDigits: 0}).format(value);
  if (value !== 0 && Math.abs(value) < 1e-4) return value.toExponential(2);
  if (value === 0) return '0';
  return formatter({minimumSignificantDigits: 3, maximumSignificantDigits: 3}).format(value);
}

// The same for axes and parameters, where round numbers stay round.
export const tick = (value) => formatter({maximumSignificantDigits: 3}).format(value);

export function withUnit(ladder, value, unit = unitFor(ladder, value)) {
  if (value === null || value === undefined) return '–';
  const text = digits(value / unit.factor);
  return unit.name ? `${text} ${unit.name}` : text;
}

// 118M, 1.07k, 64: with a prefix, whole where it is.
export function count(value) {
  const unit = unitFor('count', value);
  return `${tick(value / unit.factor)}${unit.name ? `\u202f${unit.name}` : ''}`;
}

export const whole = (value) => formatter({maximumFractionDigits: 0}).format(value);

// With blanks at which no line breaks.
export function percent(fraction) {
  const value = 100 * fraction;
  if (value > 0 && value < 0.05) return '<\u00a00.1\u00a0%';
  if (value === 0 || value === 100) return `${value}\u00a0%`;
  if (value > 99.95 && value < 100) return '>\u00a099.9\u00a0%';
  return `${formatter({minimumFractionDigits: 1, maximumFractionDigits: 1}).format(value)}\u00a0%`;
}

// "712 to 1,935 ms" in the unit of the value; empty where there is no interval.
export function interval(ladder, estimate, unit = unitFor(ladder, estimate.value)) {
  if (estimate.low === estimate.high) return '';
  return `${digits(estimate.low / unit.factor)} to ${digits(estimate.high / unit.factor)} ${unit.name}`;
}

export function plural(number, one, many = `${one}s`) {
  return `${whole(number)} ${number === 1 ? one : many}`;
}

// Long names keep their end, which is where layers differ.
export function shortened(text, length) {
  const points = [...text];
  return points.length <= length ? text : `…${points.slice(points.length - length + 1).join('')}`;
}
