/**
 * The same clock in every page. It starts with the `change` of the file field, before any client hears of it, and stops when the
 * client has told its page of the last file that the server has stored it.
 */
{
  const clock = (window.clock = { start: 0, stored: 0, count: 0, blocks: [], end: null, failed: '' });
  const ended = new Promise((resolve) => (clock.ended = resolve));
  addEventListener(
    'change',
    ({ target }) => {
      clock.count = target.files.length;
      clock.start = performance.now();
      performance.mark('chosen');
    },
    { capture: true, once: true },
  );
  new PerformanceObserver((list) => clock.blocks.push(...list.getEntries().map(({ startTime, duration }) => [startTime, duration]))).observe({ type: 'longtask' });
  /** How many are stored by now. */
  clock.now = (stored) => {
    clock.stored = stored;
    if (stored !== clock.count || clock.end) return;
    clock.end = performance.now();
    performance.mark('stored');
    clock.ended();
  };
  clock.fail = (error) => {
    clock.failed ||= String(error?.message ?? error);
    clock.ended();
  };
  clock.wait = async () => {
    await ended;
    // What the last file has caused is still to be done, and observers are told late.
    await new Promise((resolve) => setTimeout(resolve, 300));
    const { start, end, blocks, failed } = clock;
    return { seconds: (end - start) / 1000, long: blocks.filter(([at, took]) => at + took > start).map(([, took]) => took), failed };
  };
}
