// The table of connections, sorted by any of its columns.

import { byId, element, setChildren, setText } from './dom.js';
import * as format from './format.js';
import { RecentSums } from './recent.js';

const columns = [
  { key: 'server', title: 'Server', of: row => row.server },
  { key: 'id', title: 'No.', of: row => row.id, isNumber: true, sort: 'id' },
  { key: 'peer', title: 'Peer', of: row => row.peer ?? 'a local client' },
  { key: 'activity', title: 'Activity', of: row => row.activity },
  { key: 'idle', title: 'Idle', of: row => row.idle_seconds, show: row => format.age(row.idle_seconds), isNumber: true, sort: 'idle' },
  { key: 'age', title: 'Age', of: row => row.age_seconds, show: row => format.age(row.age_seconds), isNumber: true },
  { key: 'received', title: 'Received', of: row => row.bytes_received, show: row => format.bytes(row.bytes_received), isNumber: true, sort: 'received' },
  { key: 'sent', title: 'Sent', of: row => row.bytes_sent, show: row => format.bytes(row.bytes_sent), isNumber: true, sort: 'sent' },
  { key: 'rate', title: 'Rate', of: row => row.rate ?? -1, show: row => (row.rate === undefined ? '–' : format.byteRate(row.rate)), isNumber: true, sort: 'bytes' },
  { key: 'thread', title: 'Thread', of: row => row.thread ?? '' },
  { key: 'layers', title: 'Layers', of: row => [row.tls, row.tls_name, row.tls_client, row.proxy && `by ${row.proxy}`].filter(Boolean).join(', ') },
];

export class Connections {
  #rows = new Map();
  #recent = new Map();
  #order = columns[1];
  #isDescending = false;
  #shown = [];
  #canClose = false;
  #isLive = false;

  /** `onSort` is called with the server's name of an order, `onClose` with a connection. */
  constructor(onSort, onClose) {
    this.onSort = onSort;
    this.onClose = onClose;
    for (const column of columns) {
      column.button = element('button', { type: 'button' }, column.title);
      column.button.addEventListener('click', () => this.#sortBy(column));
      column.head = element('th', { scope: 'col', class: className(column) }, column.button);
      byId('columns').append(column.head);
    }
    byId('columns').append(element('th', { scope: 'col', class: 'close' }, element('span', { class: 'unseen' }, 'Close')));
    this.#mark();
  }

  clear() {
    this.#recent.clear();
  }

  take(at, servers, connections) {
    const before = this.#recent;
    this.#recent = new Map();
    this.#shown = connections.map(connection => {
      const key = `${connection.server} ${connection.id}`;
      const recent = before.get(key) ?? new RecentSums();
      recent.push({ at, moved: connection.bytes_received + connection.bytes_sent });
      this.#recent.set(key, recent);
      return { ...connection, key, rate: recent.rate('moved') };
    });
    byId('connections').classList.toggle('one-server', servers.length < 2);
    byId('connections').classList.toggle('has-layers', connections.some(row => row.tls || row.proxy));
    const open = servers.reduce((sum, server) => sum + server.connections, 0);
    const first = this.#order.sort && this.#order.sort !== 'id' ? `; of each server those that come first by ${this.#order.title.toLowerCase()}` : '';
    setText(byId('connections-note'), open > connections.length
      ? `${format.count(connections.length)} of ${format.count(open)}${first}; ${format.count(open - connections.length)} are not shown`
      : open === 0 ? 'none' : format.count(open));
  }

  /** `canClose` shows the buttons, which do nothing unless the page is live. */
  draw(canClose, isLive) {
    this.#canClose = canClose;
    this.#isLive = isLive;
    const way = this.#isDescending ? -1 : 1;
    const sorted = this.#shown.toSorted((a, b) => way * compare(this.#order.of(a), this.#order.of(b)) || compare(a.key, b.key));
    const rows = new Map();
    for (const connection of sorted) {
      const row = this.#rows.get(connection.key) ?? this.#create(connection);
      row.cells.forEach((cell, index) => {
        const { of, show } = columns[index];
        setText(cell, `${(show ?? of)(connection)}`);
      });
      row.button.hidden = !canClose;
      row.button.disabled = !isLive;
      rows.set(connection.key, row);
    }
    this.#rows = rows;
    byId('connections').classList.toggle('can-close', canClose);
    setChildren(byId('rows'), [...rows.values()].map(row => row.root));
  }

  #create(connection) {
    const cells = columns.map(column => element(column.key === 'peer' ? 'th' : 'td', {
      class: className(column), ...(column.key === 'peer' ? { scope: 'row' } : {}),
    }));
    const button = element('button', { type: 'button', 'aria-label': `Close connection ${connection.id} of ${connection.server}` }, 'Close');
    button.addEventListener('click', () => this.onClose(connection));
    return { cells, button, root: element('tr', {}, ...cells, element('td', { class: 'close' }, button)) };
  }

  #sortBy(column) {
    // Figures begin with the largest, but for the number.
    this.#isDescending = column === this.#order ? !this.#isDescending : Boolean(column.isNumber && column.key !== 'id');
    this.#order = column;
    this.#mark();
    if (column.sort) this.onSort(column.sort);
    this.draw(this.#canClose, this.#isLive);
  }

  #mark() {
    for (const column of columns) {
      column.head.setAttribute('aria-sort', column !== this.#order ? 'none' : this.#isDescending ? 'descending' : 'ascending');
    }
  }
}

const className = column => `${column.key}${column.isNumber ? ' number' : ''}`;

function compare(a, b) {
  return typeof a === 'number' && typeof b === 'number' ? a - b : `${a}`.localeCompare(`${b}`);
}
