import * as df from 'durable-functions';

import { caught, counter, keeper, register, seconds } from './names.js';

register({
  *entityCall(context) {
    const id = counter(context.df.instanceId);
    const a: unknown = yield context.df.callEntity(id, 'add', 3);
    const b: unknown = yield context.df.callEntity(id, 'add', 4);
    return [a, b];
  },
  *entitySignal(context) {
    const id = counter(context.df.instanceId);
    context.df.signalEntity(id, 'add', 2);
    context.df.signalEntity(id, 'add', 3);
    return yield context.df.callEntity(id, 'get');
  },
  *entityFails(context) {
    try {
      yield context.df.callEntity(counter(context.df.instanceId), 'fail');
    } catch (error) {
      return caught(error);
    }
    return 'not thrown';
  },
  *entityFailsUncaught(context) {
    return yield context.df.callEntity(counter(context.df.instanceId), 'fail');
  },
  *entityDelete(context) {
    const id = counter(context.df.instanceId);
    yield context.df.callEntity(id, 'add', 3);
    yield context.df.callEntity(id, 'delete');
    return yield context.df.callEntity(id, 'get');
  },
  *entitySelf(context) {
    return yield context.df.callEntity(counter(context.df.instanceId), 'self');
  },
  *entityTells(context) {
    const other = `${context.df.instanceId}-other`;
    yield context.df.callEntity(counter(context.df.instanceId), 'tell', other);
    yield context.df.createTimer(seconds(context, 3));
    return yield context.df.callEntity(counter(other), 'get');
  },
  *entityUnknown(context) {
    return yield context.df.callEntity(new df.EntityId('NoSuchEntity', 'k'), 'get');
  },
  *locks(context) {
    const id = counter(context.df.instanceId);
    const lock = (yield context.df.lock(id)) as df.DurableLock;
    const before = context.df.isLocked().isLocked;
    const n: unknown = yield context.df.callEntity(id, 'add', 1);
    lock.release();
    return { before, n, after: context.df.isLocked().isLocked };
  },
  *xSignalUnknown(context) {
    context.df.signalEntity(new df.EntityId('NoSuchEntity', 'k'), 'add', 1);
    yield context.df.callActivity('say', 'x');
    return 'ok';
  },
  *xEntityValues(context) {
    const id = keeper(context.df.instanceId);
    const out: unknown[] = [];
    for (const value of ['text', 0, false, null, [1], { a: 1 }, ''])
      out.push(yield context.df.callEntity(id, 'echo', value));
    out.push(yield context.df.callEntity(id, 'echo'));
    return out;
  },
  *xEntityReturns(context) {
    const id = keeper(context.df.instanceId);
    const out: unknown[] = [];
    for (const op of ['returnNothing', 'returnNull', 'put', 'nothing', 'get']) {
      const r: unknown = yield context.df.callEntity(id, op, 5);
      out.push({ op, type: typeof r, r: r ?? null });
    }
    return out;
  },
  *xEntityThrowsAfterSet(context) {
    const id = keeper(context.df.instanceId);
    yield context.df.callEntity(id, 'put', 1);
    try {
      yield context.df.callEntity(id, 'throwsAfterSet');
    } catch {
      // Expected; what it has set is the question.
    }
    return yield context.df.callEntity(id, 'get');
  },
  *xEntityParallel(context) {
    const id = new df.EntityId('Sleeper', context.df.instanceId);
    return yield context.df.Task.all([1, 2, 3].map(() => context.df.callEntity(id, 'slowly')));
  },
  *xEntityMixedCase(context) {
    yield context.df.callEntity(new df.EntityId('KEEPER', context.df.instanceId), 'put', 4);
    return yield context.df.callEntity(keeper(context.df.instanceId), 'get');
  },
  *xLockTwo(context) {
    const a = counter(`${context.df.instanceId}-a`);
    const b = counter(`${context.df.instanceId}-b`);
    const lock = (yield context.df.lock(b, a)) as df.DurableLock;
    const x: unknown = yield context.df.callEntity(a, 'add', 1);
    const y: unknown = yield context.df.callEntity(b, 'add', 2);
    const { ownedLocks } = context.df.isLocked();
    lock.release();
    return { x, y, owned: ownedLocks.map((id) => String(id)), after: context.df.isLocked().isLocked };
  },
  *xLockContended(context) {
    const id = counter(context.df.getInput<{ key: string }>().key);
    const lock = (yield context.df.lock(id)) as df.DurableLock;
    const n: unknown = yield context.df.callEntity(id, 'get');
    yield context.df.callActivity('slow', 700);
    yield context.df.callEntity(id, 'add', 1);
    lock.release();
    return n;
  },
  *xLockNotReleased(context) {
    const id = counter(context.df.instanceId);
    yield context.df.lock(id);
    yield context.df.callEntity(id, 'add', 1);
    return 'kept';
  },
  *xLockThenThrows(context) {
    yield context.df.lock(counter(context.df.instanceId));
    throw new Error('under lock');
  },
  *xLockRules(context) {
    const id = counter(context.df.instanceId);
    const lock = (yield context.df.lock(id)) as df.DurableLock;
    const out: unknown[] = [];
    const attempt = (what: string, act: () => unknown): void => {
      try {
        act();
        out.push([what, 'allowed']);
      } catch (error) {
        out.push([what, ...Object.values(caught(error))]);
      }
    };
    attempt('signal held', () => context.df.signalEntity(id, 'add', 1));
    attempt('call other', () => context.df.callEntity(counter('other'), 'get'));
    attempt('child', () => context.df.callSubOrchestrator('echo', 1));
    attempt('lock again', () => context.df.lock(counter('other')));
    attempt('signal other', () => context.df.signalEntity(counter(`${context.df.instanceId}-free`), 'add', 1));
    lock.release();
    return out;
  },
});
