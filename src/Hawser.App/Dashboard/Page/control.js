// Closing and draining, for those who have the token. It stays in the memory of this page.

import { byId } from './dom.js';

export class Control {
  #token = null;

  /** `onChange` is called when the page may do more or less than before. */
  constructor(onChange) {
    this.onChange = onChange;
    this.process = '';
    byId('unlock').addEventListener('click', () => (this.isUnlocked ? this.#lock() : this.#unlock()));
    byId('drain').addEventListener('click', () => this.#drain());
    byId('ask-no').addEventListener('click', () => byId('ask').close(''));
  }

  get isUnlocked() {
    return this.#token !== null;
  }

  /** What the server allows, and the process that is shown: after a takeover another one answers. */
  show(hasControls, process) {
    this.process = process;
    byId('controls').hidden = !hasControls;
    if (!hasControls && this.isUnlocked) this.#lock();
  }

  close(connection) {
    return this.#send({ command: 'close', server: connection.server, id: connection.id });
  }

  async #drain() {
    if (await ask('Drain all servers of this process?', 'They accept no more connections, wait for conversations in progress, and end.', 'Drain'))
      await this.#send({ command: 'drain' });
  }

  async #unlock() {
    byId('ask-token').value = '';
    if (!await ask('Unlock', 'With the token of --dashboard-token-file this page can close connections and drain the server.', 'Unlock', true)) return;
    const token = byId('ask-token').value.trim();
    byId('ask-token').value = '';
    // A header takes no other letters.
    if (!/^[\x20-\x7e\x80-\xff]+$/.test(token)) {
      await ask('Not unlocked', 'This is not a token.', 'OK');
      return;
    }
    this.#token = token;
    this.#changed();
  }

  #lock() {
    this.#token = null;
    this.#changed();
  }

  #changed() {
    byId('unlock').textContent = this.isUnlocked ? 'Lock' : 'Unlock';
    byId('drain').hidden = !this.isUnlocked;
    this.onChange();
  }

  async #send(request) {
    try {
      const answer = await fetch(`control?process=${encodeURIComponent(this.process)}`, {
        method: 'POST', headers: { Authorization: `Bearer ${this.#token}` }, body: JSON.stringify(request), cache: 'no-store',
      });
      if (answer.ok) return;
      const why = (await answer.text()).trim();
      if (answer.status === 401 || answer.status === 403) this.#lock();
      await ask('Not done', `The server says: ${why}.`, 'OK');
    } catch {
      await ask('Not done', 'The server does not answer.', 'OK');
    }
  }
}

let asked = Promise.resolve();

/** Asks a question in a dialog, after those before; true if the user agrees. */
function ask(...question) {
  asked = asked.then(() => show(...question));
  return asked;
}

function show(title, text, yes, wantsToken = false) {
  const dialog = byId('ask');
  byId('ask-title').textContent = title;
  byId('ask-text').textContent = text;
  byId('ask-yes').textContent = yes;
  byId('ask-field').hidden = !wantsToken;
  byId('ask-no').hidden = yes === 'OK';
  dialog.returnValue = '';
  dialog.showModal();
  (wantsToken ? byId('ask-token') : byId('ask-yes')).focus();
  return new Promise(resolve => dialog.addEventListener('close', () => resolve(dialog.returnValue === 'yes'), { once: true }));
}
