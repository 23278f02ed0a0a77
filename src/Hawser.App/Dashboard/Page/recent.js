// Sums over the last two seconds: a rate between two states would jump where traffic comes in bursts.

export const windowSeconds = 2;

export class RecentSums {
  #states = [];

  /** The next state: `at`, and sums that only grow. */
  push(state) {
    this.#states.push(state);
    while (this.#states.length > 2 && this.#states[1].at <= state.at - windowSeconds) this.#states.shift();
  }

  clear() {
    this.#states = [];
  }

  get first() {
    return this.#states[0];
  }

  /** How fast a sum grows per second; undefined until there are two states. */
  rate(sum) {
    const [first, last] = [this.first, this.#states.at(-1)];
    return last.at > first.at ? Math.max(0, last[sum] - first[sum]) / (last.at - first.at) : undefined;
  }
}
