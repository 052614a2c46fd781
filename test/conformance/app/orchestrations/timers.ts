import { register, seconds } from './names.js';

register({
  *timer(context) {
    yield context.df.createTimer(seconds(context, 2));
    return 'rang';
  },
  *timerPast(context) {
    yield context.df.createTimer(seconds(context, -60));
    return 'at once';
  },
  *timerCancelled(context) {
    const event = context.df.waitForExternalEvent('go');
    const timer = context.df.createTimer(seconds(context, 300));
    const won: unknown = yield context.df.Task.any([event, timer]);
    if (won === event) timer.cancel();
    return { event: won === event, value: event.result, cancelled: timer.isCanceled };
  },
  *timerNotCancelled(context) {
    const event = context.df.waitForExternalEvent('go');
    const timer = context.df.createTimer(seconds(context, 4));
    const won: unknown = yield context.df.Task.any([event, timer]);
    return won === event ? 'event' : 'timer';
  },
  *timerWins(context) {
    const event = context.df.waitForExternalEvent('go');
    const timer = context.df.createTimer(seconds(context, 1));
    const won: unknown = yield context.df.Task.any([event, timer]);
    return won === timer ? 'timed out' : 'event';
  },
  *timerLong(context) {
    const event = context.df.waitForExternalEvent('go');
    const timer = context.df.createTimer(seconds(context, 10 * 24 * 3600));
    const won: unknown = yield context.df.Task.any([event, timer]);
    if (won === event) timer.cancel();
    return won === event ? 'event' : 'timer';
  },
  *waitsForTimer(context) {
    yield context.df.createTimer(seconds(context, 3));
    return 'rang';
  },
  *xTimersOrder(context) {
    const late = context.df.createTimer(seconds(context, 2));
    const soon = context.df.createTimer(seconds(context, 1));
    const won: unknown = yield context.df.Task.any([late, soon]);
    yield context.df.Task.all([late, soon]);
    return won === soon;
  },
});
