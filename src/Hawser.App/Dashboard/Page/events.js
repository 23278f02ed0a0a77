// Events as they happen, the latest first.

import { byId, element, setText } from './dom.js';
import * as format from './format.js';

const kept = 100;

export class Events {
  #last = 0;
  #dropped = null;
  #missing = 0;

  constructor() {
    byId('show-ends').addEventListener('change', change => byId('events').classList.toggle('without-ends', !change.target.checked));
  }

  /** Forgets the events of a process that has ended. */
  clear() {
    byId('event-list').replaceChildren();
    this.#last = 0;
    this.#dropped = null;
    this.#missing = 0;
  }

  take(events, dropped, hasSeveralServers) {
    // Those that were too many for the server, and those that this page was too slow for.
    this.#missing += dropped - (this.#dropped ?? dropped);
    this.#dropped = dropped;
    for (const event of events) {
      if (event.id <= this.#last) continue;
      if (this.#last > 0) this.#missing += event.id - this.#last - 1;
      this.#last = event.id;
      byId('event-list').prepend(create(event, hasSeveralServers));
    }
    while (byId('event-list').children.length > kept) byId('event-list').lastElementChild.remove();
    const some = byId('event-list').children.length > 0;
    setText(byId('events-note'), this.#missing > 0
      ? `${format.count(this.#missing)} more were too many to show`
      : some ? '' : 'none yet');
  }
}

function create(event, hasSeveralServers) {
  const date = new Date(event.time);
  return element('li', { class: event.kind },
    element('time', { datetime: event.time }, format.clock(date)),
    element('span', { class: 'kind' }, event.kind),
    element('span', { class: 'text' }, hasSeveralServers ? `${event.server}: ${event.text}` : event.text));
}
