/** Our own page does everything itself; we only listen, as an application would. */
addEventListener('longshore:upload:total', ({ detail }) => window.clock.now(detail.done));
addEventListener('longshore:upload:error', ({ detail }) => window.clock.fail(detail.error));
