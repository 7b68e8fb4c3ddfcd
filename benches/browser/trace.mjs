/** What the page's main thread did between the choice and the last file. */

/** Nothing more, so that to record it costs little. */
export const CATEGORIES = ['disabled-by-default-devtools.timeline', 'blink.user_timing'];

/**
 * The longest of its tasks in milliseconds: by the clock, and what the thread itself has worked. On a machine whose cores have other
 * things to do, a thread mostly waits.
 *
 * @param {any[]} events
 */
export function longest(events) {
  const chosen = events.find(({ name }) => name === 'chosen');
  const tasks = events.filter(({ name, pid, tid, ts, dur }) => name === 'RunTask' && pid === chosen.pid && tid === chosen.tid && ts + dur > chosen.ts);
  const most = (of) => tasks.reduce((most, task) => Math.max(most, of(task)), 0) / 1000;
  return { block: most(({ dur }) => dur), work: most(({ tdur }) => tdur ?? 0), pid: chosen.pid };
}
