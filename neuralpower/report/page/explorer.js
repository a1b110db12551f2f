// SPDX-License-Identifier: Apache-2.0
// The explorer: files dropped on the page are read and predicted by the program's own core, compiled
// to WebAssembly, inside the page. Nothing is uploaded.
import {byId, element, announce, replaceChildren} from './dom.js';
import {Report, readDocument} from './report.js';
import {showPage, wireTheme} from './page.js';
import {digits, plural} from './format.js';

const MOST_PAIRS = 8;  // of networks and devices in a page
const DEVICE_MARK = 'neuralpower-device-model';

class Explorer {
  constructor(core) {
    this.core = core;
    this.networks = [];  // names of files in the core's memory
    this.devices = [];
    this.shipped = [];   // device models that the server offers
    this.problem = '';
    core.FS.mkdir('/files');
  }

  // Files of a drop or a choice: networks and device models, by their content.
  async add(files) {
    for (const file of files) {
      const content = new Uint8Array(await file.arrayBuffer());
      this.put(file.name, content);
    }
    this.show();
  }

  put(name, content) {
    const safe = name.replace(/[/\0]/g, '_') || 'file';
    this.core.FS.writeFile(`/files/${safe}`, content);
    const isDevice = /\.json$/i.test(safe) && new TextDecoder().decode(content.subarray(0, 4096)).includes(DEVICE_MARK);
    const list = isDevice ? this.devices : this.networks;
    if (!list.includes(safe)) list.push(safe);
  }

  remove(name) {
    this.networks = this.networks.filter((other) => other !== name);
    this.devices = this.devices.filter((other) => other !== name);
    this.show();
  }

  async addShipped(name) {
    const answer = await fetch(`devices/${encodeURIComponent(name)}`);
    if (!answer.ok) throw new Error(`${name}: ${answer.status}`);
    this.put(name, new Uint8Array(await answer.arrayBuffer()));
    this.show();
  }

  batches() {
    const text = byId('batches').value.trim();
    if (!text) return [];
    const numbers = text.split(',').map((piece) => Number(piece.trim()));
    if (numbers.some((number) => !Number.isInteger(number) || number < 1))
      throw new Error(`${text} is not a list of batch sizes such as 1,8,64`);
    return numbers;
  }

  shapes() {
    const text = byId('shape').value.trim();
    if (!text) return {};
    const equals = text.lastIndexOf('=');
    return {[text.slice(0, Math.max(0, equals))]: text.slice(equals + 1)};
  }

  ask() {
    const path = (name) => `/files/${name}`;
    const request = JSON.stringify({networks: this.networks.map(path), devices: this.devices.map(path), batches: this.batches(), shapes: this.shapes()});
    const answer = readDocument(this.core.ccall('neuralpower_report', 'string', ['string'], [request]));
    if (answer.error) throw new Error(answer.error.replaceAll('/files/', ''));
    return answer.report;
  }

  // The report of what is there, or what is missing.
  show() {
    this.problem = '';
    let took = null;
    const ready = this.networks.length && this.devices.length;
    if (this.networks.length * this.devices.length > MOST_PAIRS)
      this.problem = `${this.networks.length} networks on ${this.devices.length} devices are too many for one page; it compares at most ${MOST_PAIRS} pairs of them`;
    else if (ready) {
      try {
        const start = performance.now();
        const report = this.ask();
        took = performance.now() - start;
        document.documentElement.classList.remove('empty');
        showPage(new Report(report));
      } catch (error) {
        this.problem = error.message;
      }
    }
    document.documentElement.classList.toggle('empty', !ready || Boolean(this.problem));
    this.draw(took);
  }

  chips(names, what) {
    return names.map((name) => element('button', {
      type: 'button', class: 'chip', 'aria-label': `Remove the ${what} ${name}`, onclick: () => this.remove(name),
    }, name, element('span', {class: 'note', 'aria-hidden': 'true'}, '✕')));
  }

  draw(took) {
    replaceChildren(byId('files'), ...this.chips(this.networks, 'network'), ...this.chips(this.devices, 'device'));
    const missing = !this.networks.length ? 'Drop a network: .onnx, .prototxt, .layers, or Paleo’s .json.'
      : !this.devices.length ? 'Now a device model: drop its .json, or choose one.' : '';
    const state = byId('state-text');
    state.className = this.problem ? 'problem' : 'hint';
    state.textContent = this.problem || missing || (took === null ? '' :
      `Read and predicted in ${digits(took)} ms, in this page: ${plural(this.networks.length, 'network')} on ${plural(this.devices.length, 'device')}.`);
    state.dataset.took = took === null ? '' : String(took);
    if (state.textContent) announce(state.textContent);
  }

  build() {
    const input = element('input', {type: 'file', id: 'choose', class: 'unseen', multiple: true,
      onchange: (event) => this.add(event.target.files).then(() => { event.target.value = ''; })});
    const again = () => this.show();
    const drop = element('section', {class: 'drop', 'aria-label': 'Files'},
      element('p', {}, element('label', {class: 'button', for: 'choose'}, 'Choose files'), input, ' or drop them here. They stay in this page: nothing is uploaded.'),
      element('div', {class: 'filters'}, this.deviceBox(),
        element('label', {class: 'select'}, element('span', {}, 'Batch sizes'), element('input', {id: 'batches', type: 'search', placeholder: 'the file’s own', onchange: again})),
        element('label', {class: 'select'}, element('span', {}, 'Input shape'), element('input', {id: 'shape', type: 'search', placeholder: 'input=1x3x224x224', onchange: again}))),
      element('div', {id: 'files', class: 'chips'}),
      element('p', {id: 'state-text', class: 'hint'}));
    for (const [type, over] of [['dragover', true], ['dragleave', false], ['drop', false]])
      addEventListener(type, (event) => {
        event.preventDefault();
        drop.classList.toggle('over', over);
        if (type === 'drop') this.add(event.dataTransfer.files);
      });
    replaceChildren(byId('explorer'), drop);
    this.draw(null);
  }

  deviceBox() {
    if (!this.shipped.length) return null;
    const box = element('select', {id: 'shipped', onchange: () => {
      const name = box.value;
      box.value = '';
      if (name) this.addShipped(name).catch((error) => { this.problem = error.message; this.draw(null); });
    }}, element('option', {value: ''}, 'choose one'), ...this.shipped.map((name) => element('option', {value: name}, name.replace(/\.json$/, ''))));
    return element('label', {class: 'select'}, element('span', {}, 'Device model'), box);
  }
}

// What the server has beside the page; a page that lies in a folder by itself has none.
async function shippedDevices() {
  try {
    const answer = await fetch('devices.json');
    return answer.ok ? await answer.json() : [];
  } catch {
    return [];
  }
}

async function startExplorer() {
  wireTheme();
  document.title = 'NeuralPower explorer';
  byId('title').textContent = 'NeuralPower explorer';
  byId('subtitle').textContent = 'Time, power and energy of a network, layer by layer, before it runs.';
  document.documentElement.classList.add('empty');
  const [core, shipped] = await Promise.all([createNeuralPower(), shippedDevices()]);
  const explorer = new Explorer(core);
  explorer.shipped = shipped;
  explorer.build();
}

startExplorer().catch((error) => {
  byId('explorer').textContent = `The explorer could not start: ${error.message}`;
});
