// SPDX-License-Identifier: Apache-2.0
// The report's document made ready: runs of networks on devices, their layers and what follows.

// The document as it stands in a page. Marks that turn the text behind them are shown as such: a
// name with one could pass for another.
export function readDocument(text) {
  const turns = /[\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;
  return JSON.parse(text, (key, value) => typeof value === 'string' ? value.replace(turns, '\ufffd') : value);
}

// What is known of a layer's prediction.
export const STATES = {
  inside: 'inside what was measured',
  outside: 'outside what was measured',
  uncovered: 'not covered',
  free: 'no work',
};

function stateOf(layer) {
  if (!layer.covered) return 'uncovered';
  if (layer.warnings.length) return 'outside';
  return layer.runtime_ms && layer.runtime_ms.value === 0 ? 'free' : 'inside';
}

function unique(names) {
  const seen = new Map();
  return names.map((name) => {
    const times = (seen.get(name) || 0) + 1;
    seen.set(name, times);
    return times === 1 ? name : `${name} (${times})`;
  });
}

export class Run {
  constructor(raw) {
    this.network = raw.network;
    this.device = raw.device;
    this.prediction = raw.prediction;
    this.batch = raw.prediction.batch;
    const totals = raw.prediction.totals;
    this.totals = {runtime: totals.runtime_ms, power: totals.power_w, energy: totals.energy_j};
    this.coverage = totals.coverage;
    this.noPower = totals.no_power || '';
    this.hasMeasured = Boolean(raw.measured);
    this.layers = raw.prediction.layers.map((layer, index) => {
      const measured = raw.measured && raw.measured[index];
      return {
        ...layer, index,
        text: layer.layer,
        runtime: layer.runtime_ms, power: layer.power_w, energy: layer.energy_j,
        state: stateOf(layer),
        reads: raw.reads[index] || [],
        readBy: [],
        measured: measured && {
          runtime: measured.runtime_ms, power: measured.power_w, energy: measured.energy_j,
          repetitions: measured.repetitions, trainedOn: measured.trained_on,
        },
      };
    });
    for (const layer of this.layers)
      for (const from of layer.reads) this.layers[from].readBy.push(layer.index);
  }

  // What shares are of: energy where it is known, else runtime.
  get costMetric() { return this.totals.energy ? 'energy' : 'runtime'; }

  share(layer, metric = this.costMetric) {
    const total = this.totals[metric];
    return total && total.value > 0 && layer[metric] ? layer[metric].value / total.value : 0;
  }

  perItem(metric) {
    const total = this.totals[metric];
    if (!total) return null;
    const scaled = (x) => x / this.batch;
    return {value: scaled(total.value), low: scaled(total.low), high: scaled(total.high)};
  }

  get itemsPerSecond() {
    const total = this.totals.runtime;
    return total && total.value > 0 ? 1e3 * this.batch / total.value : null;
  }

  // Kinds with their layers, the most expensive first.
  kinds() {
    const byKind = new Map();
    for (const layer of this.layers) {
      const entry = byKind.get(layer.kind) || {kind: layer.kind, layers: 0, share: 0, uncovered: 0};
      entry.layers += 1;
      entry.share += this.share(layer);
      entry.uncovered += layer.covered ? 0 : 1;
      byKind.set(layer.kind, entry);
    }
    return [...byKind.values()].sort((a, b) => b.share - a.share || b.layers - a.layers);
  }
}

export class Report {
  constructor(raw) {
    this.program = raw.program;
    this.devices = raw.devices;
    this.deviceNames = unique(raw.devices.map((device) => device.name));
    this.networkNames = unique(raw.networks);
    this.ranking = raw.ranking;
    this.runs = raw.runs.map((run) => new Run(run));
  }

  batches(network, device) {
    return this.of(network, device).map((run) => run.batch);
  }

  of(network, device) {
    return this.runs.filter((run) => run.network === network && run.device === device);
  }

  // The run asked for, or that of the nearest batch size.
  find(network, device, batch) {
    const runs = this.of(network, device);
    return runs.find((run) => run.batch === batch) || runs[0];
  }

  // Every network on every device, with a name that says what tells it from the others.
  pairs() {
    const pairs = [];
    this.networkNames.forEach((networkName, network) => {
      this.deviceNames.forEach((deviceName, device) => {
        if (!this.of(network, device).length) return;
        const parts = [];
        if (this.networkNames.length > 1) parts.push(networkName);
        if (this.deviceNames.length > 1) parts.push(deviceName);
        if (!parts.length) parts.push(networkName);
        pairs.push({network, device, parts, label: parts.join(' on ')});
      });
    });
    return pairs;
  }
}
