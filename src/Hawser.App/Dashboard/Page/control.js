// Closing and draining, for those who have the token. It stays in the memory of this page.

import { byId } from './dom.js';

export class Control {
  #token = null;
  #isLive = false;

  /** `onChange` is called when the page may do more or less than before. */
  constructor(onChange) {
    this.onChange = onChange;
    this.process = '';
    byId('unlock').addEventListener('click', () => (this.isUnlocked ? this.#lock() : this.#unlock()));
    byId('drain').addEventListener('click', () => this.#drain());
    byId('ask-no').addEventListener('click', () => byId('ask').close(''));
  }

  /** Whether the server answers. Otherwise there is nothing to press but Lock. */
  set isLive(value) {
    if (this.#isLive === value) return;
    this.#isLive = value;
    this.#changed();
  }

  get isLive() {
    return this.#isLive;
  }

  get isUnlocked() {
    return this.#token !== null;
  }

  /** What the server allows, and the process that is shown. Another one has to be unlocked anew. */
  show(hasControls, process) {
    byId('controls').hidden = !hasControls;
    if (this.isUnlocked && (!hasControls || process !== this.process)) this.#lock();
    this.process = process;
  }

  close(connection) {
    return this.#send({ command: 'close', server: connection.server, id: connection.id });
  }

  async #drain() {
    const { process } = this;
    if (await ask('Drain all servers of this process?', 'They accept no more connections, wait for conversations in progress, and end.', 'Drain'))
      await this.#send({ command: 'drain' }, process);
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
    const { process } = this;
    // This changes nothing.
    if (!await this.#send({ command: 'status' }, process, token, 'Not unlocked') || process !== this.process) return;
    this.#token = token;
    this.#changed();
  }

  #lock() {
    this.#token = null;
    this.#changed();
  }

  #changed() {
    byId('unlock').textContent = this.isUnlocked ? 'Lock' : 'Unlock';
    byId('unlock').disabled = !this.isLive && !this.isUnlocked;
    byId('drain').hidden = !this.isUnlocked;
    byId('drain').disabled = !this.isLive;
    this.onChange();
  }

  /** Whether the server has done it; if not, the user knows why. */
  async #send(request, process = this.process, token = this.#token, failure = 'Not done') {
    try {
      const answer = await fetch(`control?process=${encodeURIComponent(process)}`, {
        method: 'POST', headers: { Authorization: `Bearer ${token}` }, body: JSON.stringify(request), cache: 'no-store',
      });
      if (answer.ok) return true;
      const why = (await answer.text()).trim();
      if (this.isUnlocked && (answer.status === 401 || answer.status === 403)) this.#lock();
      await ask(failure, `The server says: ${why}.`, 'OK');
    } catch {
      await ask(failure, 'The server does not answer.', 'OK');
    }
    return false;
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
