import { caught, counter, register, seconds } from './names.js';

/** The structured failure that comes with some errors, without what differs from run to run. */
function detailsOf(error: unknown): unknown {
  const details = error instanceof Error && 'failureDetails' in error ? error.failureDetails : undefined;
  return typeof details === 'object' && details !== null
    ? { ...details, stackTrace: undefined, isCausedBy: undefined }
    : null;
}

register({
  *activityFails(context) {
    yield context.df.callActivity('fail', 'broken pump');
  },
  *activityFailsCaught(context) {
    try {
      yield context.df.callActivity('fail', 'broken pump');
    } catch (error) {
      return caught(error);
    }
    return 'not thrown';
  },
  *activityFailsWithType(context) {
    try {
      yield context.df.callActivity('failType');
    } catch (error) {
      return caught(error);
    }
    return 'not thrown';
  },
  *activityFailsWithString(context) {
    try {
      yield context.df.callActivity('failString');
    } catch (error) {
      return caught(error);
    }
    return 'not thrown';
  },
  *compensates(context) {
    try {
      yield context.df.callActivity('say', 'do');
      yield context.df.callActivity('fail', 'second step');
    } catch {
      return yield context.df.callActivity('say', 'undo');
    }
    return 'not thrown';
  },
  *throws() {
    throw new Error('orchestrator gives up');
  },
  *throwsLater(context) {
    yield context.df.callActivity('say', 'x');
    throw new RangeError('out of range');
  },
  *throwsString() {
    // oxlint-disable-next-line typescript/only-throw-error -- What is thrown is the case.
    throw 'bare text';
  },
  *xThrowsEmpty() {
    throw new Error('');
  },
  *xThrowsObject() {
    // oxlint-disable-next-line typescript/only-throw-error -- What is thrown is the case.
    throw { code: 1 };
  },
  *xDetailed(context) {
    try {
      yield context.df.callActivity('failsDetailed');
    } catch (error) {
      return { ...caught(error), details: detailsOf(error) };
    }
    return 'not thrown';
  },
  *xDetailedUncaught(context) {
    yield context.df.callActivity('failsDetailed');
  },
  *xDetailedChild(context) {
    try {
      yield context.df.callSubOrchestrator('xDetailedUncaught', undefined, `${context.df.instanceId}-child`);
    } catch (error) {
      return { ...caught(error), details: detailsOf(error) };
    }
    return 'not thrown';
  },
  *xDetailedGrandchild(context) {
    yield context.df.callSubOrchestrator('xDetailedUncaught', undefined, `${context.df.instanceId}-child`);
  },
  *xYieldsText() {
    yield 'text' as never;
  },
  *xYieldsNothing(context) {
    yield context.df.signalEntity(counter('k'), 'add', 1) as never;
  },
  *xUnknownInAny(context) {
    const unknown = context.df.callActivity('noSuchActivity');
    const slow = context.df.callActivity('slow', 500);
    const won: unknown = yield context.df.Task.any([unknown, slow]);
    return won === slow;
  },
  *xUnknownThenNext(context) {
    const timer = context.df.createTimer(seconds(context, 2));
    const won: unknown = yield context.df.Task.any([context.df.callActivity('noSuchActivity'), timer]);
    const r: unknown = yield context.df.callActivity('say', 'next');
    return { timer: won === timer, r };
  },
});
