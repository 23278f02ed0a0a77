// The page: takes the states that the server sends, and draws them.

import { Connections } from './connections.js';
import { Control } from './control.js';
import { byId, setChildren, setText } from './dom.js';
import { Events } from './events.js';
import * as format from './format.js';
import { ServerCard } from './server.js';
import { Stream } from './stream.js';

let cards = new Map();
let known = null;
let isDrawing = false;

const events = new Events();
const control = new Control(draw);
const connections = new Connections(order => stream.sortBy(order), connection => control.close(connection));
const stream = new Stream(take, showHealth);

document.addEventListener('visibilitychange', draw);

function take(state, isFirst) {
  if (known && state.version !== known.version) {
    // Another version of the program may have another page.
    location.reload();
    return;
  }
  if (known && state.process !== known.process) forget();
  // Over a pause nothing is known; another order of the connections takes none.
  const isPause = isFirst && !(known && state.at_seconds - known.at_seconds < 2);
  known = state;
  control.show(state.controls, state.process);
  const servers = state.status.filter(line => line.type === 'server');
  const telemetry = new Map(state.telemetry.map(server => [server.server, server]));
  cards = new Map(servers.map(server => [server.name, cards.get(server.name) ?? new ServerCard(server, servers.length === 1)]));
  for (const server of servers) {
    const card = cards.get(server.name);
    if (isPause) card.interrupt();
    card.take(state.at_seconds, server, telemetry.get(server.name));
  }
  if (isFirst) connections.clear();
  connections.take(state.at_seconds, servers, state.status.filter(line => line.type === 'connection'));
  events.take(state.events, state.events_dropped, servers.length > 1);
  draw();
}

/** Drops what belonged to a process that has ended. */
function forget() {
  cards = new Map();
  connections.clear();
  events.clear();
}

/** Draws once per frame at most, and nothing while the page is hidden. */
function draw() {
  if (isDrawing || !known || document.hidden) return;
  isDrawing = true;
  requestAnimationFrame(() => {
    isDrawing = false;
    const all = [...cards.values()];
    for (const card of all) card.draw();
    byId('servers').dataset.count = all.length;
    setChildren(byId('servers'), all.map(card => card.root));
    connections.draw(control.isUnlocked, control.isLive);
    const uptime = Math.max(0, ...all.map(card => card.status.uptime_seconds));
    setText(byId('where'), `${known.machine}, process ${known.pid}, up ${format.age(uptime)}; charts of the last ${format.age(Math.max(0, ...all.map(card => card.span)))}`);
  });
}

function showHealth(state, since, why) {
  const text = state === 'live' ? 'live' : state === 'waiting' ? `connecting: ${why}` : `stale since ${format.clock(since)}: ${why}`;
  byId('state').dataset.state = state;
  // Only changes are announced.
  setText(byId('state'), text);
  document.body.classList.toggle('stale', state === 'stale');
  control.isLive = state === 'live';
  const names = [...cards.keys()].join(', ');
  const title = `${state === 'live' ? '' : '(stale) '}${names ? `${names}: ` : ''}Hawser`;
  if (document.title !== title) document.title = title;
}
