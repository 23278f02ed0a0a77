// Lines and strips over the last minutes. The drawings are for the eye; captions have the figures as text.

import { element, setText, svg } from './dom.js';

const width = 240;
const height = 60;

/** A coordinate, short. */
const fixed = value => value.toFixed(1);

function drawing(className, tall, ...children) {
  return svg('svg', {
    class: className, viewBox: `0 0 ${width} ${tall}`, preserveAspectRatio: 'none', 'aria-hidden': 'true', focusable: 'false',
  }, ...children);
}

/**
 * A chart with a title, its present values and one line per series.
 * A series has a `name`, a `format`, and `of`, which takes a sample and returns a number or nothing.
 */
export class LineChart {
  constructor(title, series, options = {}) {
    this.series = series;
    this.options = options;
    this.values = series.map(one => element('span', { class: `value ${one.style ?? 'first'}` }));
    this.paths = series.map(one => svg('path', { class: `line ${one.style ?? 'first'}` }));
    this.area = svg('path', { class: 'area' });
    this.top = element('span', { class: 'top' });
    const plot = element('div', { class: 'plot' }, drawing('chart', height, this.area, ...this.paths), this.top);
    for (const mark of options.marks ?? []) {
      const top = `${100 * (1 - this.#scale(mark.value))}%`;
      plot.append(element('div', { class: 'rule' }), element('span', { class: 'mark' }, mark.text));
      for (const part of [...plot.children].slice(-2)) part.style.top = top;
    }
    this.figure = element('figure', {},
      element('figcaption', {}, element('span', { class: 'title' }, title), element('span', { class: 'values' }, ...this.values)),
      plot);
  }

  draw(samples, now, span) {
    const lines = this.series.map(one => points(samples, one.of, now, span));
    if (!this.options.log) {
      const highest = Math.max(0, ...lines.flat().map(point => point.value ?? 0));
      // Some air above the highest value.
      this.ceiling = niceCeiling(1.1 * highest, this.options.least ?? 1);
      setText(this.top, this.series[0].format(this.ceiling));
    }
    lines.forEach((line, index) => {
      const one = this.series[index];
      const latest = line.findLast(point => point.value !== undefined);
      const isFresh = latest !== undefined && now - latest.at < 3;
      setText(this.values[index], `${one.name ? `${one.name} ` : ''}${isFresh ? one.format(latest.value) : '–'}`);
      this.paths[index].setAttribute('d', this.#trace(line));
    });
    this.area.setAttribute('d', this.options.log ? '' : this.#fill(lines[0]));
  }

  #scale(value) {
    const { log } = this.options;
    const share = log ? Math.log10(value / log.low) / Math.log10(log.high / log.low) : value / this.ceiling;
    return Math.min(1, Math.max(0, share));
  }

  #y(value) {
    return fixed(1.5 + (height - 3) * (1 - this.#scale(value)));
  }

  #trace(line) {
    return runs(line).map(run => (run.length === 1
      // A dot.
      ? `M${run[0].x} ${this.#y(run[0].value)}h.01`
      : `M${run.map(point => `${point.x} ${this.#y(point.value)}`).join('L')}`)).join('');
  }

  #fill(line) {
    return runs(line).filter(run => run.length > 1).map(run =>
      `M${run[0].x} ${height}L${run.map(point => `${point.x} ${this.#y(point.value)}`).join('L')}L${run.at(-1).x} ${height}Z`).join('');
  }
}

/** A strip per event loop: how much of the time it worked, and when one piece of work held it. */
export class LoopStrip {
  static #height = 20;

  constructor(number) {
    this.number = number;
    this.value = element('span', { class: 'value' });
    this.busy = svg('path', { class: 'busy' });
    this.stalled = svg('path', { class: 'stalled' });
    this.row = element('div', { class: 'loop' },
      element('span', { class: 'title' }, `loop ${number}`),
      drawing('strip', LoopStrip.#height, this.busy, this.stalled),
      this.value);
  }

  draw(samples, now, span) {
    let busy = '';
    let stalled = '';
    let latest;
    const tall = LoopStrip.#height;
    samples.forEach(sample => {
      const loop = sample.loops?.find(one => one.number === this.number);
      if (!loop) return;
      latest = loop;
      const from = place(sample.from, now, span);
      const to = place(sample.at, now, span);
      const bar = tall * loop.busy;
      const shape = bar > 0.1 ? `M${from} ${tall}V${fixed(tall - bar)}H${to}V${tall}Z` : '';
      if (loop.isStalled || loop.stalls > 0) stalled += shape;
      else busy += shape;
    });
    this.busy.setAttribute('d', busy);
    this.stalled.setAttribute('d', stalled);
    const state = !latest ? '–' : latest.isStalled ? 'stalled' : `${Math.round(100 * latest.busy)} %`;
    setText(this.value, state);
    this.row.classList.toggle('is-stalled', latest?.isStalled ?? false);
  }
}

const place = (at, now, span) => fixed(width * Math.min(1, Math.max(0, 1 - (now - at) / span)));

function points(samples, of, now, span) {
  return samples.map(sample => ({
    at: sample.at, x: place(sample.at, now, span), value: sample.isGap ? undefined : of(sample),
  }));
}

/** The parts of a line between samples without a value. */
function runs(line) {
  const all = [];
  let run = null;
  for (const point of line) {
    if (point.value === undefined) run = null;
    else if (run) run.push(point);
    else all.push(run = [point]);
  }
  return all;
}

/** 1, 2 or 5 times a power of ten. */
function niceCeiling(value, least) {
  if (value <= least) return least;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].find(step => step * power >= value) * power;
}
