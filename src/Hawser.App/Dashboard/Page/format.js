// Figures as people read them. Units as in `hawser status`.

const grouped = new Intl.NumberFormat('en');

/** A whole number, with separators. */
export const count = value => grouped.format(Math.round(value));

/** Three significant digits. */
function short(value) {
  if (value >= 100) return grouped.format(Math.round(value));
  return value.toFixed(value >= 10 || value === 0 ? (value % 1 === 0 ? 0 : 1) : 2).replace(/\.0+$/, '');
}

/** Decimal multiples of a byte. */
export function bytes(value) {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 ? Math.round(value) : short(value)} ${units[unit]}`;
}

export const byteRate = value => `${bytes(value)}/s`;

/** Events per second. */
export const rate = value => `${short(value)}/s`;

export function seconds(value) {
  if (value < 0.001) return `${short(value * 1e6)} µs`;
  if (value < 1) return `${short(value * 1e3)} ms`;
  if (value < 120) return `${short(value)} s`;
  if (value < 7200) return `${Math.floor(value / 60)} min`;
  if (value < 172800) return `${Math.floor(value / 3600)} h`;
  return `${Math.floor(value / 86400)} d`;
}

/** How long ago, in steps that do not flicker. */
export const age = value => (value < 1 ? '0 s' : value < 120 ? `${Math.floor(value)} s` : seconds(value));

/** The local time of a date. */
export const clock = date => date.toLocaleTimeString('en-GB');

/** The value of a limit of `serve`, by its name. */
export function limit(name, value) {
  if (name.endsWith('-timeout')) return seconds(value);
  if (name.endsWith('-bytes')) return bytes(value);
  if (name === 'min-rate' || name.endsWith('rate-limit')) return byteRate(value);
  return count(value);
}
