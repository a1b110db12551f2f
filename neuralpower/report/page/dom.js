// SPDX-License-Identifier: Apache-2.0
// Elements. Text goes in as text nodes only: names come from strangers' files.

// element('button', {type: 'button', class: 'x', onclick: f}, 'text', child...)
export function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? '' : String(value));
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

export const byId = (id) => document.getElementById(id);

export function replaceChildren(parent, ...children) {
  parent.replaceChildren(...children.filter(Boolean));
}

// Says it to a screen reader.
export function announce(text) {
  byId('live').textContent = text;
}

// A card with a heading, what it says in words, and room for more.
export function card(id, heading, ...children) {
  return element('section', {class: 'card', id, 'aria-labelledby': `${id}-heading`},
    element('h2', {id: `${id}-heading`}, heading), ...children);
}

// A choice of one: radio buttons that look like one bar.
export function segmented(legend, name, options, chosen, onChange) {
  return element('fieldset', {class: 'segmented'},
    element('legend', {}, legend),
    ...options.map(({value, label, disabled, title}) => {
      const input = element('input', {
        type: 'radio', name, value, disabled, onchange: () => onChange(value),
      });
      input.checked = value === chosen;
      return element('label', {title}, input, element('span', {}, label));
    }));
}

export function selectBox(label, options, chosen, onChange) {
  const box = element('select', {onchange: (event) => onChange(Number(event.target.value))},
    ...options.map(({value, label: text}) => element('option', {value}, text)));
  box.value = String(chosen);
  return element('label', {class: 'select'}, element('span', {}, label), box);
}

export function download(name, type, text) {
  const url = URL.createObjectURL(new Blob([text], {type}));
  const link = element('a', {href: url, download: name});
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}
