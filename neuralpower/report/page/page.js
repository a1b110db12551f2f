// SPDX-License-Identifier: Apache-2.0
// The page of one report: what is chosen, and everything that follows from it.
import {announce, byId, card, download, element, replaceChildren, segmented, selectBox} from './dom.js';
import {METRICS, percent, plural, shortened} from './format.js';
import {STATES} from './report.js';
import {SHAPES, glyph, isDark, kindStyles, seriesColour, setPrinting} from './palette.js';
import {forgetAll, resizeAll, setChartFont} from './charts.js';
import {drawLayerChart} from './layer_chart.js';
import {batchCaption, drawBatchCurve, drawCumulative} from './curve_charts.js';
import {drawFront, drawMeasured, drawRoofline, hasMeasured} from './point_charts.js';
import {LayerTable, columnsOf, layersCsv, shownCount} from './layer_table.js';
import {comparisonCaption, comparisonTable, compareTitle, drawComparison, ratioCaption, ratioTable} from './compare.js';
import {aboutCard, showOverview} from './overview.js';
import {layerDetails} from './layer_details.js';

const CHARTS_FOLLOW = 50;  // ms

export class Page {
  constructor(report) {
    this.report = report;
    const [first] = report.runs;
    this.choice = {network: first.network, device: first.device, batch: first.batch};
    this.metric = METRICS[first.totals.energy ? 'energy' : 'runtime'];
    this.selected = -1;
    this.resetFilter();
  }

  resetFilter() {
    this.filter = {text: '', kinds: new Set(), state: ''};
  }

  get run() {
    return this.report.find(this.choice.network, this.choice.device, this.choice.batch);
  }

  choose(change) {
    const before = this.run;
    this.choice = {...this.choice, ...change};
    this.choice.batch = this.run.batch;
    if (before.network !== this.run.network) {
      this.selected = -1;
      this.resetFilter();
    }
    if (!this.run.totals[this.metric.id]) this.metric = METRICS.runtime;
    this.show();
    announce(`Shown: ${this.report.networkNames[this.choice.network]} on ${this.report.deviceNames[this.choice.device]}, batch ${this.run.batch}`);
  }

  // Everything anew.
  show() {
    forgetAll();
    setChartFont();
    this.styles = kindStyles(this.run.kinds());
    showOverview(this.report, this.run);
    this.drawSwitches();
    this.build();
    this.drawCharts();
  }

  drawSwitches() {
    const {report, choice} = this;
    const batches = report.batches(choice.network, choice.device);
    const numbered = (names) => names.map((label, value) => ({label, value}));
    replaceChildren(byId('switches'),
      report.networkNames.length > 1 ? selectBox('Network', numbered(report.networkNames), choice.network, (network) => this.choose({network})) : null,
      report.deviceNames.length > 1 ? selectBox('Device', numbered(report.deviceNames), choice.device, (device) => this.choose({device})) : null,
      batches.length > 1 ? selectBox('Batch', batches.map((batch) => ({label: String(batch), value: batch})), choice.batch, (batch) => this.choose({batch})) : null,
      segmented('Show', 'metric', Object.values(METRICS).map((metric) => ({
        value: metric.id, label: metric.label, disabled: !this.run.totals[metric.id],
        title: this.run.totals[metric.id] ? null : this.run.noPower || 'not known',
      })), this.metric.id, (id) => {
        this.metric = METRICS[id];
        this.build();
        this.drawCharts();
      }));
  }

  build() {
    const pick = (index) => this.pick(index);
    this.hosts = Object.fromEntries(['layers', 'cumulative', 'roofline', 'compare', 'front', 'measured', 'throughput', 'latency', 'energy']
      .map((name) => [name, element('div', {class: 'chart-host'})]));
    const tableHost = element('div');
    const scrolled = this.table ? this.table.sort : null;
    this.table = new LayerTable(tableHost, pick);
    if (scrolled) this.table.sort = scrolled;
    this.details = element('aside', {class: 'details', 'aria-label': 'The chosen layer'});
    this.shownText = element('span', {class: 'hint', role: 'status'});
    const {hosts} = this;
    const cumulative = card('cumulative', `Where the ${this.metric.id === 'runtime' || !this.run.totals.energy ? 'time' : 'energy'} goes`, hosts.cumulative);
    const roofline = card('roofline', 'Roofline', hosts.roofline);
    replaceChildren(byId('content'),
      card('layers', `${this.metric.label} layer by layer`, this.kindBar(), hosts.layers),
      card('table', 'All layers', this.filterRow(), element('div', {class: 'table-and-details'}, tableHost, this.details)),
      element('div', {class: 'pair'}, cumulative, roofline),
      this.batchCard(), this.compareCard(), this.frontCard(), this.measuredCard(),
      aboutCard(this.report, this.run));
    this.table.selected = this.selected;
    this.table.show(this.run, columnsOf(this.run, this.metric, this.styles), this.matching());
    this.showDetails();
  }

  batchCard() {
    if (this.report.batches(this.choice.network, this.choice.device).length < 2) return null;
    const {throughput, latency, energy} = this.hosts;
    const charts = this.run.perItem('energy') ? [throughput, latency, energy] : [throughput, latency];
    for (const host of charts) host.classList.add('chart', 'low');
    return card('batches', 'What a batch buys', element('div', {class: 'triple'}, ...charts), this.pairLegend(),
      element('p', {class: 'caption'}, batchCaption(this.report, this.run)));
  }

  pairLegend() {
    const pairs = this.report.pairs();
    if (pairs.length < 2) return null;
    return element('ul', {class: 'legend'}, ...pairs.map(({label}, index) =>
      element('li', {}, glyph(SHAPES[index], seriesColour(index)), ` ${label}`)));
  }

  // Every pair at the batch size chosen, or its own where it was not predicted at that.
  entries() {
    return this.report.pairs().map((pair) => ({...pair, run: this.report.find(pair.network, pair.device, this.choice.batch)}));
  }

  compareCard() {
    if (this.report.pairs().length < 2) return null;
    return card('compare', `Side by side: ${compareTitle(this.metric)}`, this.hosts.compare,
      element('p', {class: 'caption'}, comparisonCaption(this.entries(), this.metric)),
      comparisonTable(this.entries(), this.run, ({network, device}) => this.choose({network, device})));
  }

  frontCard() {
    const {ranking} = this.report;
    if (!ranking) return null;
    this.hosts.front.classList.add('chart');
    return card('front', 'Error against energy', this.hosts.front, ratioTable(ranking),
      element('p', {class: 'caption'}, `${ratioCaption(ranking)} On ${this.report.deviceNames[0]}.`));
  }

  measuredCard() {
    return hasMeasured(this.run) ? card('measured', `Predicted and measured ${this.metric.label.toLowerCase()}`, this.hosts.measured) : null;
  }

  // Kinds of layers with their shares: a legend, and a filter.
  kindBar() {
    const kinds = this.run.kinds();
    const strip = element('div', {class: 'strip', 'aria-hidden': 'true'});
    for (const {kind, share} of kinds) {
      if (share <= 0) continue;
      const part = element('span', {title: `${kind} ${percent(share)}`});
      part.style.flexGrow = String(share);
      part.style.backgroundColor = this.styles.get(kind).colour;
      strip.append(part);
    }
    const chips = kinds.map(({kind, layers, share, uncovered}) => {
      const {colour, shape} = this.styles.get(kind);
      const worth = uncovered === layers && !share ? 'not covered' : percent(share);
      return element('button', {
        type: 'button', class: 'chip', 'aria-pressed': this.filter.kinds.has(kind) ? 'true' : 'false',
        title: `${plural(layers, 'layer')} of ${kind}`, 'data-kind': kind, onclick: () => this.toggleKind(kind),
      }, glyph(shape, colour), element('span', {}, kind), element('span', {class: 'note'}, `${layers} × · ${worth}`));
    });
    this.chips = element('div', {class: 'chips', role: 'group', 'aria-label': `Kinds of layers and their share of the ${this.run.costMetric}; choose some to see only these`}, ...chips);
    return element('div', {}, strip, this.chips);
  }

  filterRow() {
    const search = element('input', {
      type: 'search', id: 'search', placeholder: 'Name, kind or configuration', 'aria-label': 'Filter layers',
      oninput: (event) => { this.filter.text = event.target.value; this.refilter(); },
    });
    search.value = this.filter.text;
    const states = element('select', {id: 'state', 'aria-label': 'Filter by coverage',
      onchange: (event) => { this.filter.state = event.target.value; this.refilter(); }},
    element('option', {value: ''}, 'all layers'), ...Object.entries(STATES).map(([value, label]) => element('option', {value}, label)));
    states.value = this.filter.state;
    const clear = element('button', {type: 'button', class: 'button', onclick: () => {
      this.resetFilter();
      search.value = states.value = '';
      this.refilter();
    }}, 'Clear');
    const save = element('button', {type: 'button', class: 'button', onclick: () => {
      const name = this.report.networkNames[this.run.network].replace(/[^\w.-]+/g, '_').slice(0, 80);
      download(`${name}.csv`, 'text/csv', layersCsv(this.run, this.table.order));
    }}, 'Save as CSV');
    return element('div', {class: 'filters'}, search, states, clear, save, this.shownText);
  }

  toggleKind(kind) {
    const {kinds} = this.filter;
    if (!kinds.delete(kind)) kinds.add(kind);
    this.refilter();
  }

  // Indices of the layers that pass the filter; null: all.
  matching() {
    const {text, kinds, state} = this.filter;
    const wanted = text.trim().toLowerCase();
    if (!wanted && !kinds.size && !state) return null;
    return new Set(this.run.layers
      .filter((layer) => (!kinds.size || kinds.has(layer.kind)) && (!state || layer.state === state) &&
        (!wanted || `${layer.name}\n${layer.text}\n${layer.op}`.toLowerCase().includes(wanted)))
      .map((layer) => layer.index));
  }

  refilter() {
    const matching = this.matching();
    for (const chip of this.chips.children)
      chip.setAttribute('aria-pressed', String(this.filter.kinds.has(chip.dataset.kind)));
    this.table.filter(matching);
    this.shownText.textContent = matching ? shownCount(this.table.order, this.run) : '';
    this.restyleSoon();
  }

  pick(index) {
    this.selected = index === this.selected ? -1 : index;
    this.table.select(this.selected);
    this.showDetails();
    this.restyleSoon();
    if (this.selected >= 0) announce(`Chosen: ${shortened(this.run.layers[index].name, 80)}`);
  }

  showDetails() {
    this.details.replaceChildren(layerDetails(this.run, this.selected, (index) => this.pick(index)));
  }

  view() {
    return {styles: this.styles, matching: this.matching(), selected: this.selected, onPick: (index) => this.pick(index)};
  }

  // Charts follow when the table is on the screen: of thousands of layers they take longer, and
  // whoever types or holds an arrow key must not wait for them.
  restyleSoon() {
    clearTimeout(this.restyling);
    this.restyling = setTimeout(() => {
      for (const chart of [this.layerChart, this.roofline]) chart.restyle(this.view());
    }, CHARTS_FOLLOW);
  }

  drawCharts() {
    const {run, hosts, metric, report} = this;
    const device = report.devices[run.device];
    this.layerChart = drawLayerChart(hosts.layers, run, metric, this.view());
    drawCumulative(hosts.cumulative, run, metric, (index) => this.pick(index));
    this.roofline = drawRoofline(hosts.roofline, run, device, this.view());
    for (const name of ['throughput', 'latency', 'energy'])
      if (hosts[name].isConnected) drawBatchCurve(hosts[name], report, run, name);
    if (hosts.compare.isConnected) drawComparison(hosts.compare, this.entries(), metric, run);
    if (hosts.front.isConnected) drawFront(hosts.front, report.ranking);
    if (hosts.measured.isConnected) drawMeasured(hosts.measured, run, metric, this.view());
  }

  // Charts again, in the colours of now.
  recolour() {
    this.show();
  }

  print(on) {
    setPrinting(on);
    this.recolour();
    if (on) {
      this.table.drawOnPaper();
      resizeAll();
    }
  }
}

let shown = null;

export function showPage(report) {
  if (shown) clearTimeout(shown.restyling);
  shown = new Page(report);
  shown.show();
  return shown;
}

// The theme's button, the system's theme, and paper.
export function wireTheme() {
  const button = byId('theme');
  const label = () => {
    button.textContent = isDark() ? 'Light' : 'Dark';
    button.setAttribute('aria-label', `Switch to the ${isDark() ? 'light' : 'dark'} theme`);
  };
  label();
  button.addEventListener('click', () => {
    document.documentElement.dataset.theme = isDark() ? 'light' : 'dark';
    label();
    if (shown) shown.recolour();
  });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
    label();
    if (shown && !document.documentElement.dataset.theme) shown.recolour();
  });
  addEventListener('beforeprint', () => shown && shown.print(true));
  addEventListener('afterprint', () => shown && shown.print(false));
}
