// What the last two minutes of a server were, from the sums that its states carry.

import { RecentSums } from './recent.js';

/** Seconds that charts show at most, and at least. */
const longest = 120;
const least = 30;

// As the server's DurationCounts: bucket b begins at shortest * 2^(b / perOctave).
const shortest = 1e-6;
const perOctave = 8;

/** The kinds of durations, and what each is. */
export const durations = {
  round_trip: 'Round trip, as the clients of the demo see it',
  request: 'From request to answer, within the server',
  connection: 'How long connections were served, at their end',
  handshake: 'TLS handshake',
};

export class ServerHistory {
  /** One per state: `at`, `from` (the state before), `open`, rates per second, `loops`, and per kind of duration `median` and `p99`. */
  samples = [];
  kinds = [];
  #before = null;
  #recent = new RecentSums();

  /** The seconds to show: those that are known. */
  get span() {
    return Math.min(longest, Math.max(least, this.samples.at(-1).at - this.samples[0].at));
  }

  /** The next state follows a pause, over which nothing is known. */
  interrupt() {
    this.#before = null;
    this.#recent.clear();
  }

  take(at, status, telemetry) {
    const counts = { ...telemetry.durations, connection: status.connection_durations ?? [] };
    this.kinds = counts.round_trip ? ['round_trip']
      : ['request', 'connection', 'handshake'].filter(kind => kind === 'connection' || counts[kind].length);
    const now = {
      at,
      accepted: status.accepted,
      received: status.bytes_received,
      sent: status.bytes_sent,
      loops: new Map(telemetry.loops.map(loop => [loop.number, loop])),
      counts: Object.fromEntries(this.kinds.map(kind => [kind, toMap(counts[kind])])),
    };
    const before = this.#before;
    this.#before = now;
    this.#recent.push(now);
    const elapsed = before ? at - before.at : 0;
    const sample = { at, open: status.connections, isGap: elapsed <= 0, spans: this.#spread(now) };
    if (elapsed > 0) {
      sample.from = before.at;
      sample.accepts = this.#recent.rate('accepted');
      sample.received = this.#recent.rate('received');
      sample.sent = this.#recent.rate('sent');
      sample.loops = telemetry.loops.map(loop => loopSample(loop, before.loops.get(loop.number), elapsed));
    }
    this.samples.push(sample);
    while (this.samples[0].at < at - longest) this.samples.shift();
  }

  /** The durations that were recorded within the window. */
  #spread(now) {
    const { counts } = this.#recent.first;
    return Object.fromEntries(this.kinds.map(kind => [kind, spread(now.counts[kind], counts[kind] ?? new Map())]));
  }
}

function loopSample(loop, before, elapsed) {
  if (!before) return { number: loop.number, busy: 0, isStalled: false, stalls: 0 };
  const busy = Math.min(1, Math.max(0, loop.active_seconds - before.active_seconds) / elapsed);
  return {
    number: loop.number,
    busy,
    // A loop at work all the time that has not come round once: one handler holds its thread.
    isStalled: busy > 0.9 && loop.turns === before.turns,
    stalls: loop.stalls - before.stalls,
  };
}

/** Bucket and count alternate. */
function toMap(counts) {
  const map = new Map();
  for (let i = 0; i < counts.length; i += 2) map.set(counts[i], counts[i + 1]);
  return map;
}

/** Median and 99th percentile (nearest rank) of what one set of sums has beyond another. */
function spread(now, before) {
  const grown = [...now].map(([bucket, sum]) => [bucket, sum - (before.get(bucket) ?? 0)]).filter(entry => entry[1] > 0);
  const total = grown.reduce((sum, entry) => sum + entry[1], 0);
  const at = share => {
    let left = Math.ceil(share * total);
    for (const [bucket, number] of grown) {
      left -= number;
      if (left <= 0) return shortest * 2 ** ((bucket + 0.5) / perOctave);
    }
    return undefined;
  };
  return { median: total ? at(0.5) : undefined, p99: total ? at(0.99) : undefined };
}
