/**
 * Drops a thousand small files on /files, records what Chromium's main thread does, and says how long the page stood still.
 *
 *     LONGSHORE_BIN=../target/debug/longshore node browser/smooth.mjs [files]
 *
 * It isn't a test: the figures belong to a machine that is otherwise quiet. What the thread itself has worked is told beside the time
 * that went by, for on a busy machine it mostly waits. With TRACE=file the trace is kept for DevTools.
 */
import { writeFile } from 'node:fs/promises';
import { chromium } from 'playwright-core';
import { ARGS, CHROMIUM, Server, open, until } from './support.mjs';

const FILES = Number(process.argv[2] ?? 1000);
const CATEGORIES = ['devtools.timeline', 'disabled-by-default-devtools.timeline', 'disabled-by-default-v8.cpu_profiler', 'toplevel', 'blink.user_timing', 'v8'];

const server = await Server.start();
const browser = await chromium.launch({ executablePath: CHROMIUM, args: ARGS });
try {
  const page = await browser.newPage({ baseURL: server.url, viewport: { width: 1000, height: 900 } });
  await open(page, '/files');
  await page.waitForTimeout(1000);
  await browser.startTracing(page, { categories: CATEGORIES });
  const begun = Date.now();
  await page.evaluate((count) => {
    window.frames_ = [];
    window.rows_ = 0;
    let last = performance.now();
    const look = (now) => {
      window.frames_.push(now - last);
      last = now;
      requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
    // The files are made outside of the drop, as the browser would have them already.
    const transfer = new DataTransfer();
    for (let i = 0; i < count; i += 1) transfer.items.add(new File([`This is file ${i}.\n`.repeat(1 + (i % 40))], `file ${i}.txt`, { type: 'text/plain' }));
    setTimeout(() => {
      performance.mark('dropped');
      document.querySelector('[data-upload-drop]').dispatchEvent(new DragEvent('drop', { dataTransfer: transfer, bubbles: true, cancelable: true }));
      performance.mark('let go');
    }, 500);
  }, FILES);
  await until('all of them to be stored', async () => {
    await new Promise((resolve) => setTimeout(resolve, 1000));
    return (await page.evaluate(() => document.querySelectorAll('.upload-progress-item[data-state=stored]').length)) === FILES;
  }, 300_000);
  const seconds = (Date.now() - begun) / 1000;
  const frames = await page.evaluate(() => window.frames_);
  const trace = await browser.stopTracing();
  if (process.env.TRACE) await writeFile(process.env.TRACE, trace);
  report(JSON.parse(trace.toString()).traceEvents, frames, seconds);
} finally {
  await browser.close();
  await server.stop();
}

function report(events, frames, seconds) {
  const dropped = events.find(({ name }) => name === 'dropped');
  const tasks = events.filter(({ name, pid, tid, ts, dur }) => name === 'RunTask' && pid === dropped.pid && tid === dropped.tid && ts + dur >= dropped.ts);
  tasks.sort((a, b) => b.tdur - a.tdur);
  const ms = (micros) => `${(micros / 1000).toFixed(0)} ms`;
  console.log(`${FILES} files stored in ${seconds.toFixed(1)} s`);
  console.log(`longest task ${ms(tasks[0].tdur)} of work, ${ms(Math.max(...tasks.map(({ dur }) => dur)))} by the clock`);
  console.log(`tasks over 50 ms of work: ${tasks.filter(({ tdur }) => tdur > 50_000).length} of ${tasks.length}`);
  console.log(`longest time between two frames ${Math.max(...frames.slice(20)).toFixed(0)} ms`);
  for (const task of tasks.slice(0, 5)) {
    const parts = new Map();
    for (const { name, pid, tid, ts, dur, tdur, args } of events) {
      if (pid !== task.pid || tid !== task.tid || !tdur || ts < task.ts || ts + dur > task.ts + task.dur || name === 'RunTask') continue;
      const what = name === 'FunctionCall' ? `${name} ${args.data?.functionName}` : name === 'EventDispatch' ? `${name} ${args.data?.type}` : name;
      parts.set(what, (parts.get(what) ?? 0) + tdur);
    }
    const most = [...parts].sort((a, b) => b[1] - a[1]).slice(0, 9);
    console.log(`  ${ms(task.tdur)} of ${ms(task.dur)}, ${ms(task.ts - dropped.ts)} after the drop: ${most.map(([name, dur]) => `${name} ${ms(dur)}`).join(', ')}`);
  }
}
