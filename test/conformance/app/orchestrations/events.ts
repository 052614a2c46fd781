import { register, seconds } from './names.js';

register({
  *event(context) {
    return { got: (yield context.df.waitForExternalEvent('go')) as unknown };
  },
  *eventTwoSame(context) {
    const a: unknown = yield context.df.waitForExternalEvent('go');
    const b: unknown = yield context.df.waitForExternalEvent('go');
    return [a, b];
  },
  *eventTwoNames(context) {
    return yield context.df.Task.all(['left', 'right'].map((name) => context.df.waitForExternalEvent(name)));
  },
  *eventBuffered(context) {
    yield context.df.createTimer(seconds(context, 4));
    const a: unknown = yield context.df.waitForExternalEvent('go');
    const b: unknown = yield context.df.waitForExternalEvent('go');
    return [a, b];
  },
  *eventUnused(context) {
    yield context.df.createTimer(seconds(context, 3));
    return 'never asked';
  },
  *eventSameWaitedTwice(context) {
    const a = context.df.waitForExternalEvent('go');
    const b = context.df.waitForExternalEvent('go');
    return yield context.df.Task.all([a, b]);
  },
  *manyEvents(context) {
    const out: unknown[] = [];
    for (let count = 0; count < 5; count += 1) out.push(yield context.df.waitForExternalEvent('go'));
    return out;
  },
  *eventInLoopWithTimer(context) {
    const out: unknown[] = [];
    for (let count = 0; count < 3; count += 1) {
      const event = context.df.waitForExternalEvent('go');
      const timer = context.df.createTimer(seconds(context, 120));
      const won: unknown = yield context.df.Task.any([event, timer]);
      if (won === event) timer.cancel();
      out.push(event.result);
    }
    return out;
  },
  *waits(context) {
    context.df.setCustomStatus('waiting');
    return { got: (yield context.df.waitForExternalEvent('go')) as unknown };
  },
  *xEventsInBatch(context) {
    const out: unknown[] = [];
    yield context.df.createTimer(seconds(context, 3));
    for (const name of ['a', 'b', 'a']) out.push(yield context.df.waitForExternalEvent(name));
    return out;
  },
});
