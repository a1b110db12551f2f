// SPDX-License-Identifier: Apache-2.0
// Colours. Those that tell things apart are Okabe and Ito's, which colour-blind readers tell apart
// too, darkened or lightened to stand out from the page; shapes say the same again.
import {element} from './dom.js';

const SERIES = {
  light: ['#0072b2', '#d55e00', '#009e73', '#b5599a', '#2f97d0', '#b98300', '#5b6676', '#8c510a'],
  dark: ['#4ea8de', '#f08a4b', '#2fbf96', '#e09acb', '#8fd0f5', '#e6b400', '#9aa7b8', '#d8a25e'],
};
const OTHER = {light: '#7d8794', dark: '#7f8b9a'};
export const SHAPES = ['circle', 'rectRot', 'rect', 'triangle', 'rectRounded', 'star', 'crossRot', 'cross'];

const GLYPHS = {circle: '●', rectRot: '◆', rect: '■', triangle: '▲', rectRounded: '▢', star: '✱', crossRot: '✕', cross: '✚'};

// A chart's shape as a character, in its colour.
export function glyph(shape, colour) {
  const node = element('span', {class: 'glyph', 'aria-hidden': 'true'}, GLYPHS[shape]);
  node.style.color = colour;
  return node;
}

let printing = false;
export function setPrinting(on) {
  printing = on;
  document.documentElement.classList.toggle('printing', on);
}

export function isDark() {
  if (printing) return false;
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
}

export const seriesColour = (index) => SERIES[isDark() ? 'dark' : 'light'][index % SERIES.light.length];

// A colour of the style sheet as the browser resolves it now.
export function styleColour(name) {
  const probe = element('span', {class: 'unseen'});
  probe.style.color = `var(--${name})`;
  document.body.append(probe);
  const colour = getComputedStyle(probe).color;
  probe.remove();
  return colour;
}

export function faded(colour, alpha) {
  const hex = Math.round(alpha * 255).toString(16).padStart(2, '0');
  if (colour.startsWith('#')) return colour + hex;
  return colour.replace(/^rgba?\(([^)]*)\)$/, (whole, inner) =>
    `rgba(${inner.split(',').slice(0, 3).join(',')}, ${alpha})`);
}

// Colours and shapes for the kinds of layers of a run; the last places are one grey.
export function kindStyles(kinds) {
  const styles = new Map();
  kinds.forEach(({kind}, index) => {
    const own = index < SERIES.light.length;
    styles.set(kind, {
      colour: own ? seriesColour(index) : OTHER[isDark() ? 'dark' : 'light'],
      shape: own ? SHAPES[index] : 'circle',
    });
  });
  return styles;
}
