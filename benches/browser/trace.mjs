/** What the page's main thread did between the choice and the last file. */

/** Nothing more, so that to record it costs little. */
export const CATEGORIES = ['disabled-by-default-devtools.timeline', 'blink.user_timing'];

/**
 * The longest of its tasks in milliseconds: by the clock, and what the thread itself has worked. On a machine whose cores have other
 * things to do, a thread mostly waits. Of the task in which the files were chosen only what comes behind the choice counts: before it
 * the browser makes a `File` of each of them, whoever gets them.
 *
 * @param {any[]} events
 */
export function longest(events) {
  const chosen = events.find(({ name }) => name === 'chosen');
  const tasks = events.filter(({ name, pid, tid, ts, dur }) => name === 'RunTask' && pid === chosen.pid && tid === chosen.tid && ts + dur > chosen.ts);
  const most = (of) => tasks.reduce((most, task) => Math.max(most, of(task)), 0) / 1000;
  return {
    block: most(({ ts, dur }) => ts + dur - Math.max(ts, chosen.ts)),
    work: most(({ tts = 0, tdur = 0 }) => tts + tdur - Math.max(tts, chosen.tts)),
    pid: chosen.pid,
  };
}
