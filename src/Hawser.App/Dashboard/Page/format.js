// Figures as people read them. Units as in `hawser status`.

const grouped = new Intl.NumberFormat('en');

/** A whole number, with separators. */
export const count = value => grouped.format(Math.round(value));

/** Three significant digits, without trailing zeros. */
function short(value) {
  if (value >= 99.95) return count(value);
  return String(Number(value.toFixed(value >= 9.995 ? 1 : 2)));
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

/** A duration. */
export function seconds(value) {
  if (value === 0) return '0 s';
  if (value < 0.0009995) return `${short(value * 1e6)} µs`;
  if (value < 0.9995) return `${short(value * 1e3)} ms`;
  if (value < 999.5) return `${short(value)} s`;
  if (value < 7200) return `${short(value / 60)} m`;
  return `${short(value / 3600)} h`;
}

/** How long ago, in steps that do not flicker. */
export const age = value => seconds(Math.floor(value));

/** The local time of a date. */
export const clock = date => date.toLocaleTimeString('en-GB');

/** The value of a limit of `serve`, by its name. */
export function limit(name, value) {
  if (name.endsWith('-timeout')) return seconds(value);
  if (name.endsWith('-bytes')) return bytes(value);
  if (name === 'min-rate' || name.endsWith('rate-limit')) return byteRate(value);
  return count(value);
}
