// The card of one server.

import { LineChart, LoopStrip } from './charts.js';
import { byId, element, setChildren, setText } from './dom.js';
import * as format from './format.js';
import { durations, ServerHistory } from './history.js';
import { windowSeconds } from './recent.js';

// Fixed, so that servers can be compared: from 10 µs to 10 s, and from 1 ms to 10,000 s.
const short = { log: { low: 1e-5, high: 10 }, marks: [{ value: 1e-3, text: '1 ms' }, { value: 1, text: '1 s' }] };
const long = { log: { low: 1e-3, high: 1e4 }, marks: [{ value: 1, text: '1 s' }, { value: 60, text: '1 min' }] };

export class ServerCard {
  #history = new ServerHistory();
  #strips = new Map();
  #limits = new Map();
  #spans = new Map();

  constructor(status, isAlone) {
    this.root = byId('server').content.firstElementChild.cloneNode(true);
    this.about = this.root.querySelector('.about');
    this.charts = this.root.querySelector('.charts');
    this.loops = this.root.querySelector('.loops');
    this.limits = this.root.querySelector('.limits');
    this.root.querySelector('details').open = isAlone;
    this.root.querySelector('h3').textContent = status.name;
    this.lines = [
      new LineChart('Connections', [{ format: format.count, of: sample => sample.open }], { least: 5 }),
      new LineChart('Accepted', [{ format: format.rate, of: sample => sample.accepts }], { least: 5 }),
      new LineChart('Bytes', [
        { name: 'in', format: format.byteRate, of: sample => sample.received },
        { name: 'out', format: format.byteRate, of: sample => sample.sent, style: 'second' },
      ], { least: 100 }),
    ];
    this.charts.append(...this.lines.map(line => line.figure));
  }

  /** Nothing is known of the time until the next state. */
  interrupt() {
    this.#history.interrupt();
  }

  take(at, status, telemetry) {
    this.at = at;
    this.status = status;
    this.#history.take(at, status, telemetry);
  }

  /** Seconds that the charts show. */
  get span() {
    return this.#history.span;
  }

  draw() {
    const { samples, span } = this.#history;
    setText(this.about, describe(this.status));
    this.root.classList.toggle('is-draining', this.status.draining);
    for (const line of [...this.lines, ...this.#spanCharts()]) line.draw(samples, this.at, span);
    this.#drawLoops(samples, span);
    this.#drawLimits();
  }

  #spanCharts() {
    for (const kind of this.#history.kinds) {
      if (this.#spans.has(kind)) continue;
      const chart = new LineChart(durations[kind], [
        { name: 'median', format: format.seconds, of: sample => sample.spans[kind]?.median },
        { name: '99th', format: format.seconds, of: sample => sample.spans[kind]?.p99, style: 'second' },
      ], kind === 'connection' ? long : short);
      chart.figure.classList.add('spans');
      chart.figure.title = `median and 99th percentile of the last ${windowSeconds} s, to within 5 %`
        + (kind === 'request' ? '; of each connection the first request and every sixteenth; without the wait in the kernel' : '');
      this.#spans.set(kind, chart);
      for (const shown of this.#history.kinds) if (this.#spans.has(shown)) this.charts.append(this.#spans.get(shown).figure);
    }
    return this.#spans.values();
  }

  #drawLoops(samples, span) {
    const { loops } = samples.at(-1);
    // The first state has no state before it to be compared with.
    if (!loops) return;
    for (const { number } of loops) {
      if (this.#strips.has(number)) continue;
      const strip = new LoopStrip(number);
      this.#strips.set(number, strip);
      this.loops.lastElementChild.append(strip.row);
    }
    this.loops.classList.toggle('is-empty', this.#strips.size === 0);
    setText(this.loops.firstElementChild, this.#strips.size === 0
      ? `No event loop under ${this.status.model}` : 'Event loops: share of time at work; red: held up by one connection');
    for (const strip of this.#strips.values()) strip.draw(samples, this.at, span);
  }

  #drawLimits() {
    const bars = this.status.limits.filter(limit => limit.limit !== undefined).map(limit => {
      if (!this.#limits.has(limit.name)) this.#limits.set(limit.name, new LimitBar(limit.name));
      const bar = this.#limits.get(limit.name);
      bar.draw(limit);
      return bar.row;
    });
    setChildren(this.limits, bars);
  }
}

/** A limit: what is in use, the most that was, and the limit itself. */
class LimitBar {
  constructor(name) {
    this.fill = element('div', { class: 'fill' });
    this.most = element('div', { class: 'most' });
    this.bar = element('div', { class: 'bar', role: 'meter', 'aria-label': name, 'aria-valuemin': '0' }, this.fill, this.most);
    this.value = element('span', { class: 'value' });
    this.row = element('div', { class: 'limit' }, element('span', { class: 'title' }, name), this.bar, this.value);
  }

  draw({ name, limit, current, maximum, hits }) {
    const isMeasured = current !== undefined;
    this.bar.hidden = !isMeasured;
    const hit = hits > 0 ? `, hit ${format.count(hits)}×` : '';
    const all = format.limit(name, limit);
    setText(this.value, (isMeasured ? `${format.limit(name, current)} of ${all}, peak ${format.limit(name, maximum ?? current)}` : all) + hit);
    if (!isMeasured) return;
    const share = value => `${100 * Math.min(1, limit > 0 ? value / limit : 1)}%`;
    this.fill.style.width = share(current);
    this.most.style.left = share(maximum ?? current);
    this.bar.classList.toggle('is-full', current >= limit);
    this.bar.setAttribute('aria-valuemax', limit);
    this.bar.setAttribute('aria-valuenow', Math.min(current, limit));
    this.bar.setAttribute('aria-valuetext', this.value.textContent);
  }
}

function describe(status) {
  const model = status.model === status.name ? '' : `${status.model}, `;
  const queued = status.queued > 0 ? `, ${format.count(status.queued)} queued` : '';
  const draining = status.draining ? ', draining' : '';
  return `${model}${status.listeners.join(', ')}; ${format.count(status.accepted)} accepted${queued}${draining}`;
}
