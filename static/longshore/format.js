// @ts-check
/**
 * Sizes and times in the words that people use.
 *
 * The server writes the same decimal units, so a file has one size wherever it is shown.
 * Nothing here touches the page or the clock.
 */

const UNITS = ['bytes', 'kB', 'MB', 'GB', 'TB', 'PB', 'EB'];

/** @type {[string, number, number][]} A unit, its minutes, and from how many of it on the next one is used. */
const SPANS = [['minute', 1, 60], ['hour', 60, 24], ['day', 1440, 7]];

// To make one costs a hundred times more than to use it.
const DATE = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' });

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
  return `${value.toFixed(digits).replace('.0', '')} ${UNITS[unit]}`;
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

/** "a minute", "an hour", "5 days". @param {number} count @param {string} unit */
function span(count, unit) {
  return count === 1 ? `a${unit === 'hour' ? 'n' : ''} ${unit}` : plural(count, unit);
}

/** @param {number} seconds */
export function remaining(seconds) {
  if (seconds < 3) return 'a moment left';
  if (seconds >= 86400) return 'more than a day left';
  const minutes = Math.round(seconds / 60);
  if (seconds >= 55) return `about ${minutes < 60 ? span(minutes, 'minute') : span(Math.round(seconds / 3600), 'hour')} left`;
  return `about ${seconds < 10 ? Math.round(seconds) : Math.ceil(seconds / 5) * 5} s left`;
}

/**
 * @param {Date} then
 * @param {Date} now
 */
export function ago(then, now) {
  const minutes = Math.floor((now.getTime() - then.getTime()) / 60_000);
  if (minutes < 1) return 'just now';
  for (const [unit, length, most] of SPANS) {
    if (minutes < length * most) return `${span(Math.floor(minutes / length), unit)} ago`;
  }
  return DATE.format(then);
}

/** "4.2 MB/s" and "about 6 s left", or nothing while the speed isn't known. @param {number} rate @param {number} left in bytes */
export function pace(rate, left) {
  return rate ? [`${size(rate)}/s`, remaining(left / rate)] : [];
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
