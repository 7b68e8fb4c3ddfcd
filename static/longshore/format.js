// @ts-check
/**
 * Sizes and times in the words that people use.
 *
 * The server writes the same decimal units, so a file has one size wherever it is shown.
 * Nothing here touches the page or the clock.
 */

const UNITS = ['bytes', 'kB', 'MB', 'GB', 'TB', 'PB', 'EB'];

/** @param {number} bytes */
function scale(bytes) {
  let unit = 0;
  // The step up is decided on the rounded figure; otherwise 999 950 bytes would read "1000 kB".
  while (bytes >= (unit ? 999.95 : 1000) && unit < UNITS.length - 1) {
    bytes /= 1000;
    unit += 1;
  }
  return { value: bytes, unit, digits: unit ? 1 : 0 };
}

/** @param {number} bytes */
export function size(bytes) {
  if (bytes === 1) return '1 byte';
  const { value, unit, digits } = scale(bytes);
  return `${value.toFixed(digits).replace(/\.0$/, '')} ${UNITS[unit]}`;
}

/**
 * "4.2 of 12 MB". The first figure keeps its decimals so that the line doesn't jitter while it grows.
 *
 * @param {number} done
 * @param {number} total
 */
export function portion(done, total) {
  const { unit, digits } = scale(total);
  return `${(done / 1000 ** unit).toFixed(digits)} of ${size(total)}`;
}

/**
 * @param {number} done
 * @param {number} total
 */
export function percent(done, total) {
  // Rounding down: a hundred is shown only when every byte has arrived.
  return total > 0 ? Math.floor((done / total) * 100) : 100;
}

/** @param {number} seconds */
export function remaining(seconds) {
  if (seconds < 3) return 'a moment left';
  if (seconds < 10) return `about ${Math.round(seconds)} s left`;
  if (seconds < 55) return `about ${Math.ceil(seconds / 5) * 5} s left`;
  if (seconds < 90) return 'about a minute left';
  if (seconds < 3570) return `about ${Math.round(seconds / 60)} minutes left`;
  if (seconds < 5400) return 'about an hour left';
  if (seconds < 86400) return `about ${Math.round(seconds / 3600)} hours left`;
  return 'more than a day left';
}

/**
 * @param {Date} then
 * @param {Date} now
 */
export function ago(then, now) {
  const minutes = Math.floor((now.getTime() - then.getTime()) / 60000);
  if (minutes < 1) return 'just now';
  if (minutes < 60) return minutes === 1 ? 'a minute ago' : `${minutes} minutes ago`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return hours === 1 ? 'an hour ago' : `${hours} hours ago`;
  const days = Math.floor(hours / 24);
  if (days < 7) return days === 1 ? 'a day ago' : `${days} days ago`;
  return then.toLocaleDateString(undefined, { day: 'numeric', month: 'short', year: 'numeric' });
}

/** A line of facts, which may break between two of them but not within one. @param {string[]} facts */
export function line(facts) {
  return facts.map((fact) => fact.replaceAll(' ', '\u00a0')).join(' · ');
}

/**
 * @param {number} count
 * @param {string} noun
 */
export function plural(count, noun) {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
