import { sleep } from '../run/caseRun.js';
import { plain, plainly, withEvents, type Cases } from './plain.js';

/** Timers, events, continuing as new. */
export const waiting: Cases = {
  ...plainly('timer', 'timerPast', 'timerWins'),
  timerCancelled: withEvents('timerCancelled', ['go', { n: 1 }]),
  timerNotCancelled: withEvents('timerNotCancelled', ['go', 1]),
  timerLong: withEvents('timerLong', ['go', 1]),
  eventObject: withEvents('event', ['go', { a: [1, { b: null }] }]),
  eventText: withEvents('event', ['go', 'text']),
  eventNumber: withEvents('event', ['go', 0]),
  eventNull: withEvents('event', ['go', null]),
  eventNoBody: withEvents('event', ['go'], ['go', 1]),
  eventOtherCase: withEvents('event', ['GO', 'upper'], ['go', 'lower']),
  eventWrongThenRight: withEvents('event', ['no', 'wrong'], ['go', 'right']),
  eventTwoSame: withEvents('eventTwoSame', ['go', 1], ['go', 2]),
  eventTwoNames: withEvents('eventTwoNames', ['right', 'r'], ['left', 'l']),
  eventSameWaitedTwice: withEvents('eventSameWaitedTwice', ['go', 1], ['go', 2]),
  eventBuffered: withEvents('eventBuffered', ['go', 1], ['go', 2]),
  eventUnused: withEvents('eventUnused', ['go', 1]),
  eventLarge: withEvents('event', ['go', 'e'.repeat(100_000)]),
  eventAtOnce: async (run) => {
    run.note('turns may differ', true);
    await run.start('event');
    run.note('raise', await run.raise('go', 'early'));
    await run.end();
  },
  manyEvents: withEvents('manyEvents', ['go', 1], ['go', 2], ['go', 3], ['go', 4], ['go', 5]),
  eventInLoopWithTimer: withEvents('eventInLoopWithTimer', ['go', 1], ['go', 2], ['go', 3]),
  ...plainly('again', 'againWithText', 'againWithActivity', 'againWithTimer'),
  againWithNothing: plain('againWithNothing', 'first'),
  // Events that wait when an orchestration continues as new are lost: the second run waits on.
  againDropsEvents: async (run) => {
    await run.start('againKeepsEvents');
    await run.running();
    for (const event of ['a', 'b', 'c']) {
      await run.raise('go', event);
      await sleep(300);
    }
    await run.until(({ input }) => JSON.stringify(input) === '["a"]');
    await sleep(1500);
    run.note('after the first', await run.status());
    await run.raise('go', 'd');
    await sleep(1200);
    await run.raise('go', 'e');
    await run.end();
  },
  againGetsLaterEvents: async (run) => {
    await run.start('againKeepsEvents');
    await sleep(5500);
    for (const event of ['a', 'b', 'c']) {
      await run.raise('go', event);
      await sleep(1200);
    }
    await run.end();
  },
  ...plainly('xAgainAfterSignal', 'xAgainReturns', 'xAgainThrows', 'xAgainThenYield'),
  xAgainWithNull: plain('xAgainWithNull', 'first'),
  xAgainWithOpenTimer: async (run) => {
    await run.start('xAgainWithOpenTimer');
    await run.running();
    await run.raise('go', 1);
    await sleep(500);
    run.note('early', (await run.status()).runtimeStatus);
    await sleep(5000);
    await run.raise('go', 2);
    await run.end();
  },
  xEventsInBatch: async (run) => {
    await run.start('xEventsInBatch');
    await run.running();
    for (const [name, value] of [
      ['b', 1],
      ['a', 2],
      ['a', 3],
    ] as const) {
      await run.raise(name, value);
      await sleep(300);
    }
    await run.end();
  },
};
