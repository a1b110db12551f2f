// SPDX-License-Identifier: Apache-2.0
// The table of layers: sorted, filtered, and only as many rows in the page as can be seen, so that
// thousands of layers stay smooth.
import {element} from './dom.js';
import {METRICS, count, digits, interval, percent, unitFor, whole} from './format.js';

const ROW_HEIGHT = 44;  // pixels, as in the style sheet
const HEAD_HEIGHT = 50; // pixels, with the borders
const FEWEST_ROWS = 4;  // that there is room for, so that "no layer matches" fits
const SPARE_ROWS = 10;  // drawn above and below what is seen

function metricColumn(run, metric) {
  const values = run.layers.map((layer) => (layer[metric.id] ? layer[metric.id].value : 0));
  const unit = unitFor(metric.ladder, values.reduce((a, b) => Math.max(a, b), 0));
  return {
    id: metric.id, title: metric.label, unit: unit.name, number: true,
    key: (layer) => (layer[metric.id] ? layer[metric.id].value : -1),
    fill(cell, layer) {
      const estimate = layer[metric.id];
      cell.textContent = estimate ? digits(estimate.value / unit.factor) : '–';
      if (estimate) cell.title = interval(metric.ladder, estimate, unit);
    },
  };
}

function shareColumn(run, styles) {
  const largest = run.layers.reduce((most, layer) => Math.max(most, run.share(layer)), 0);
  return {
    id: 'share', title: 'Share', unit: `of ${run.costMetric}`, number: true,
    key: (layer) => (layer.runtime ? run.share(layer) : -1),
    fill(cell, layer) {
      if (!layer.covered) cell.append(element('span', {class: 'mark'}, layer.runtime ? 'estimate' : 'not covered'));
      if (!layer.runtime) return;
      const bar = element('span', {class: 'share-bar', 'aria-hidden': 'true'});
      bar.style.width = `${largest > 0 ? (60 * run.share(layer)) / largest : 0}px`;
      bar.style.backgroundColor = styles.get(layer.kind).colour;
      cell.append(element('span', {class: 'share'}, bar, element('span', {}, percent(run.share(layer)))));
    },
  };
}

function errorColumn(run, metric) {
  const error = (layer) => (layer.measured && layer.measured[metric.id] && layer[metric.id]
    ? layer[metric.id].value / layer.measured[metric.id] - 1 : null);
  return {
    id: 'error', title: 'Off by', unit: `${metric.label.toLowerCase()}, %`, number: true,
    key: (layer) => (error(layer) === null ? -1 : Math.abs(error(layer))),
    fill(cell, layer) {
      const value = error(layer);
      if (value === null) cell.textContent = '–';
      else cell.textContent = `${value > 0 ? '+' : value < 0 ? '−' : ''}${digits(Math.abs(100 * value))}`;
      if (value !== null && layer.measured.trainedOn) cell.title = 'the device model was trained on this configuration';
    },
  };
}

function nameColumn(styles) {
  return {
    id: 'name', title: 'Layer', unit: 'configuration', key: (layer) => layer.name,
    fill(cell, layer) {
      const name = element('span', {class: 'name', title: layer.name});
      if (layer.state === 'outside' || layer.state === 'uncovered') {
        const what = layer.state === 'outside' ? 'outside what was measured' : 'not covered';
        name.append(element('span', {class: 'mark', title: layer.warnings.join('; ') || layer.reason, role: 'img', 'aria-label': what},
          layer.state === 'outside' ? '▲' : '✕'), ' ');
      }
      name.append(layer.name);
      cell.append(name, element('span', {class: 'text', title: layer.text}, layer.text));
      cell.style.boxShadow = `inset 3px 0 ${styles.get(layer.kind).colour}`;
    },
  };
}

export function columnsOf(run, metric, styles) {
  return [
    {id: 'index', title: '#', number: true, key: (layer) => layer.index, fill: (cell, layer) => { cell.textContent = layer.index + 1; }},
    nameColumn(styles),
    {id: 'kind', title: 'Kind', key: (layer) => layer.kind, fill: (cell, layer) => { cell.textContent = layer.kind; }},
    ...Object.values(METRICS)
      // Views have 0 of all.
      .filter((each) => each.id === 'runtime' || run.layers.some((layer) => layer[each.id]?.value > 0))
      .map((each) => metricColumn(run, each)),
    shareColumn(run, styles),
    ...(run.hasMeasured ? [errorColumn(run, metric)] : []),
    {id: 'macs', title: 'MACs', number: true, key: (layer) => layer.macs, fill: (cell, layer) => { cell.textContent = layer.macs ? count(layer.macs) : '–'; }},
  ];
}

// conv2 stands before conv10.
const inNumericOrder = new Intl.Collator('en', {numeric: true});

function compare(a, b) {
  return typeof a === 'string' ? inNumericOrder.compare(a, b) : a - b;
}

export class LayerTable {
  // `onPick(index)`: a row was chosen.
  constructor(host, onPick) {
    this.onPick = onPick;
    this.sort = {id: 'index', descending: false};
    this.order = [];
    this.selected = -1;
    this.head = element('thead');
    this.body = element('tbody');
    this.table = element('table', {class: 'layers', 'aria-label': 'Layers'}, this.head, this.body);
    this.scroller = element('div', {class: 'scroller', tabindex: 0, role: 'region', 'aria-label': 'Layers; arrow keys choose a row'}, this.table);
    this.scroller.addEventListener('scroll', () => this.drawSoon());
    this.scroller.addEventListener('keydown', (event) => this.onKey(event));
    host.replaceChildren(this.scroller);
  }

  show(run, columns, matching) {
    this.run = run;
    this.columns = columns;
    this.table.classList.toggle('wide', columns.length > 8);  // so that names keep their room
    if (!columns.some((column) => column.id === this.sort.id)) this.sort = {id: 'index', descending: false};
    this.matching = matching;
    this.scroller.style.maxHeight = `${HEAD_HEIGHT + ROW_HEIGHT * Math.max(FEWEST_ROWS, run.layers.length)}px`;
    this.drawHead();
    this.arrange();
  }

  filter(matching) {
    this.matching = matching;
    this.arrange();
  }

  arrange() {
    const column = this.columns.find((each) => each.id === this.sort.id);
    const sign = this.sort.descending ? -1 : 1;
    this.order = this.run.layers.filter((layer) => !this.matching || this.matching.has(layer.index));
    const keys = new Map(this.order.map((layer) => [layer, column.key(layer)]));
    this.order.sort((a, b) => sign * compare(keys.get(a), keys.get(b)) || a.index - b.index);
    this.table.setAttribute('aria-rowcount', this.order.length + 1);
    this.draw();
  }

  drawHead(onPaper = false) {
    const cells = this.columns.map((column) => {
      const chosen = this.sort.id === column.id;
      const arrow = element('span', {class: 'arrow', 'aria-hidden': 'true'}, chosen ? (this.sort.descending ? '↓' : '↑') : '');
      const unit = column.unit ? element('small', {}, column.unit) : null;
      const title = [column.title, ' ', unit, arrow];
      return element('th', {
        scope: 'col', class: `col-${column.id}${column.number ? ' number' : ''}`,
        'aria-sort': chosen ? (this.sort.descending ? 'descending' : 'ascending') : null,
      }, ...(onPaper ? title : [element('button', {type: 'button', onclick: () => this.sortBy(column)}, ...title)]));
    });
    this.head.replaceChildren(element('tr', {'aria-rowindex': 1}, ...cells));
  }

  sortBy(column) {
    const again = this.sort.id === column.id;
    this.sort = {id: column.id, descending: again ? !this.sort.descending : Boolean(column.number) && column.id !== 'index'};
    const focused = this.columns.indexOf(column);
    this.drawHead();
    this.scroller.scrollTop = 0;
    this.arrange();
    this.head.querySelectorAll('button')[focused].focus();
  }

  drawSoon() {
    if (this.waiting) return;
    this.waiting = true;
    requestAnimationFrame(() => {
      this.waiting = false;
      this.draw();
    });
  }

  // All rows, under a head without buttons: browsers do not repeat those on further pages.
  drawOnPaper() {
    this.drawHead(true);
    this.draw(true);
  }

  draw(everything = false) {
    const rows = this.order.length;
    const seen = Math.ceil(this.scroller.clientHeight / ROW_HEIGHT);
    const first = everything ? 0 : Math.max(0, Math.min(Math.floor(this.scroller.scrollTop / ROW_HEIGHT) - SPARE_ROWS, rows - seen));
    const last = everything ? rows : Math.min(rows, first + seen + 2 * SPARE_ROWS);
    const space = (count_) => {
      const row = element('tr', {class: 'space', 'aria-hidden': 'true'}, element('td'));
      row.firstChild.style.height = `${count_ * ROW_HEIGHT}px`;
      return row;
    };
    const parts = [];
    if (first > 0) parts.push(space(first));
    for (let i = first; i < last; ++i) parts.push(this.row(this.order[i], i));
    if (last < rows) parts.push(space(rows - last));
    if (!rows) parts.push(element('tr', {}, element('td', {colspan: this.columns.length, class: 'nothing'}, 'No layer matches.')));
    this.body.replaceChildren(...parts);
  }

  row(layer, position) {
    const cells = this.columns.map((column) => {
      const cell = element('td', {class: `col-${column.id}${column.number ? ' number' : ''}`});
      column.fill(cell, layer);
      return cell;
    });
    return element('tr', {
      'aria-rowindex': position + 2, 'aria-selected': layer.index === this.selected ? 'true' : null,
      class: layer.index === this.selected ? 'selected' : null, onclick: () => this.onPick(layer.index),
    }, ...cells);
  }

  // Marks a layer and brings its row into view.
  select(index) {
    this.selected = index;
    const position = this.order.findIndex((layer) => layer.index === index);
    if (position >= 0) {
      const top = position * ROW_HEIGHT;
      const visible = this.scroller.clientHeight - 2 * ROW_HEIGHT;
      if (top < this.scroller.scrollTop || top > this.scroller.scrollTop + visible - ROW_HEIGHT)
        this.scroller.scrollTop = Math.max(0, top - visible / 2);
    }
    this.draw();
  }

  onKey(event) {
    if (event.target !== this.scroller) return;
    const now = this.order.findIndex((layer) => layer.index === this.selected);
    const page = Math.max(1, Math.floor(this.scroller.clientHeight / ROW_HEIGHT) - 2);
    const to = {ArrowDown: now + 1, ArrowUp: now - 1, PageDown: now + page, PageUp: now - page, Home: 0, End: this.order.length - 1}[event.key];
    if (to === undefined || !this.order.length) return;
    event.preventDefault();
    this.onPick(this.order[Math.min(this.order.length - 1, Math.max(0, to))].index);
  }
}

// The rows in the order shown, as CSV with every digit.
export function layersCsv(run, order) {
  const quoted = (text) => (/[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const metrics = Object.values(METRICS);
  const names = {runtime: 'runtime_ms', power: 'power_w', energy: 'energy_j'};
  const header = ['position', 'name', 'kind', 'layer', 'covered',
    ...metrics.flatMap((metric) => [names[metric.id], `${metric.id}_low`, `${metric.id}_high`]), 'macs', 'flops', 'params', 'bytes', 'reason', 'warnings'];
  const rows = order.map((layer) => [layer.index + 1, quoted(layer.name), layer.kind, quoted(layer.text), layer.covered ? 1 : 0,
    ...metrics.flatMap((metric) => (layer[metric.id] ? [layer[metric.id].value, layer[metric.id].low, layer[metric.id].high] : ['', '', ''])),
    layer.macs, layer.flops, layer.params, layer.bytes, quoted(layer.reason), quoted(layer.warnings.join('; '))]);
  return `${[header, ...rows].map((row) => row.join(',')).join('\n')}\n`;
}

export const shownCount = (order, run) => `${whole(order.length)} of ${whole(run.layers.length)}`;
