import { caught, register, seconds } from './names.js';

register({
  *all(context) {
    return yield context.df.Task.all(['a', 'b', 'c'].map((name) => context.df.callActivity('say', name)));
  },
  *allEmpty(context) {
    return { empty: (yield context.df.Task.all([])) as unknown };
  },
  *allOneFails(context) {
    return yield context.df.Task.all([
      context.df.callActivity('say', 'a'),
      context.df.callActivity('fail', 'b fails'),
      context.df.callActivity('say', 'c'),
    ]);
  },
  *allOneFailsCaught(context) {
    try {
      yield context.df.Task.all([context.df.callActivity('slow', 1500), context.df.callActivity('fail', 'b fails')]);
    } catch (error) {
      return caught(error);
    }
    return 'not thrown';
  },
  *anyFirst(context) {
    const fast = context.df.callActivity('say', 'fast');
    const slow = context.df.callActivity('slow', 3000);
    const won = yield context.df.Task.any([slow, fast]);
    return { fast: won === fast, result: won.result as unknown };
  },
  *anyFails(context) {
    const bad = context.df.callActivity('fail', 'first');
    const slow = context.df.callActivity('slow', 3000);
    const won = yield context.df.Task.any([bad, slow]);
    const result: unknown = won.result instanceof Error ? won.result.message : won.result;
    return { bad: won === bad, failed: won.isFaulted as unknown, result: String(result) };
  },
  *nested(context) {
    const pair = context.df.Task.all([context.df.callActivity('say', 'a'), context.df.callActivity('say', 'b')]);
    const timer = context.df.createTimer(seconds(context, 30));
    const won: unknown = yield context.df.Task.any([pair, timer]);
    if (won === pair) timer.cancel();
    return pair.result;
  },
  *sequenceAfterAny(context) {
    const timer = context.df.createTimer(seconds(context, 60));
    const work = context.df.callActivity('say', 'work');
    const won: unknown = yield context.df.Task.any([work, timer]);
    if (won === work) timer.cancel();
    const a: unknown = yield context.df.callActivity('say', 'a');
    yield context.df.createTimer(seconds(context, 1));
    const b: unknown = yield context.df.callActivity('say', 'b');
    return [work.result, a, b];
  },
  *fireAndForget(context) {
    context.df.callActivity('say', 'nobody waits');
    return 'done';
  },
  *tasksStartedTogether(context) {
    const a = context.df.callActivity('say', 'a');
    const b = context.df.callActivity('say', 'b');
    const second: unknown = yield b;
    const first: unknown = yield a;
    return [first, second];
  },
  // A wait used before, completed while an activity ran: the next Task.any does not return for it.
  *anyOverCompleted(context) {
    const cancel = context.df.waitForExternalEvent('cancel');
    yield context.df.Task.any([cancel, context.df.createTimer(seconds(context, 1))]);
    yield context.df.callActivity('slow', 3000);
    const seen = cancel.isCompleted;
    const timer = context.df.createTimer(seconds(context, 4));
    const won: unknown = yield context.df.Task.any([cancel, timer]);
    return { seen, timerFired: timer.isCompleted, won: won === cancel ? 'cancel' : 'timer' };
  },
  *xSameActivityTwice(context) {
    const work = context.df.callActivity('slow', 1500);
    yield context.df.Task.any([work, context.df.createTimer(seconds(context, 1))]);
    const timer = context.df.createTimer(seconds(context, 20));
    const won: unknown = yield context.df.Task.any([work, timer]);
    if (won === work) timer.cancel();
    const after: unknown = yield context.df.callActivity('say', 'after');
    return { won: won === work, value: work.result, after };
  },
  *xSuspendedTwoTasks(context) {
    return [yield context.df.callActivity('slow', 1500), yield context.df.callActivity('say', 'b')];
  },
});
