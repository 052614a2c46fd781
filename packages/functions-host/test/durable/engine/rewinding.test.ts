import { describe, expect, it } from 'vitest';

import type { NotRun } from '../../../src/durable/client/rewind.js';
import { EngineUnderTest, type TestApp } from '../engineUnderTest.js';
import { entityId } from './sampleFunctions.js';

const app: TestApp = {
  activities: { say: () => 'said' },
  entities: { Counter: ({ df }) => df.setState(1) },
  orchestrators: {
    *throws() {
      throw new Error('at once');
    },
    *turns({ df }) {
      for (let turn = 0; turn < Number(df.getInput()); turn += 1) yield df.callActivity('say');
    },
    *longTurn({ df }) {
      yield df.callActivity('say');
      for (let nth = 0; nth < 8; nth += 1) df.signalEntity(entityId('Counter', 'k'), 'set');
    },
    *oneLongTurn({ df }) {
      for (let nth = 0; nth < 12; nth += 1) df.signalEntity(entityId('Counter', 'k'), 'set');
    },
    *parent({ df }) {
      yield df.callSubOrchestrator('throws', null, `${df.instanceId}-child`);
    },
    *parentOfWaiting({ df }) {
      yield df.callSubOrchestrator('waits', null, `${df.instanceId}-child`);
    },
    *waits({ df }) {
      yield df.waitForExternalEvent('go');
    },
    *again({ df }) {
      const left = Number(df.getInput());
      if (left > 0) {
        for (let turn = 0; turn < left; turn += 1) yield df.callActivity('say');
        df.continueAsNew(0);
      } else throw new Error('at last');
    },
  },
};

type Runs = readonly (readonly [name: string, input?: number])[];

/** Has runs of one id follow each other. */
async function after(runs: Runs): Promise<EngineUnderTest> {
  const engine = new EngineUnderTest(app);
  for (const [name, input] of runs) {
    await engine.start(name, 'one', input);
    await engine.ended('one');
  }
  return engine;
}

/** Rewinds an instance; what is reported first, or that the request is refused. */
async function rewound(engine: EngineUnderTest, id = 'one'): Promise<NotRun | 'runs' | 'refused'> {
  let reported: NotRun | undefined;
  const isAccepted = await engine.client.rewind(id, null, (notRun) => (reported = notRun));
  return reported ?? (isAccepted ? 'runs' : 'refused');
}
const rewoundAfter = async (runs: Runs): Promise<unknown> => rewound(await after(runs));

const nothing = { id: 'one', because: 'earlier-run' };

describe('a rewind', () => {
  it('runs what has failed if no earlier run of the id reaches farther', async () => {
    expect(await rewoundAfter([['throws']])).toBe('runs');
    expect(await rewoundAfter([['turns', 0], ['throws']])).toBe('runs');
  });

  it('does nothing if one does', async () => {
    expect(await rewoundAfter([['turns', 1], ['throws']])).toEqual(nothing);
    expect(await rewoundAfter([['turns', 3], ['turns', 0], ['throws']])).toEqual(nothing);
    expect(await rewoundAfter([['again', 3]])).toEqual(nothing);
  });

  it('takes the one whose last turn is still there, also if another one had a later turn', async () => {
    // The long turn has written over all of the first run.
    expect(await rewoundAfter([['turns', 2], ['longTurn'], ['throws']])).toEqual(nothing);
    expect(await rewoundAfter([['turns', 2], ['longTurn'], ['turns', 1], ['throws']])).toEqual(nothing);
    expect(await rewoundAfter([['turns', 2], ['oneLongTurn'], ['throws']])).toBe('runs');
  });

  it('of a failed child’s earlier run leaves the parent waiting for a child that does not run again', async () => {
    const engine = new EngineUnderTest(app);
    await engine.start('turns', 'one-child', 2);
    await engine.ended('one-child');
    await engine.start('parent', 'one');
    await engine.ended('one');
    expect(await rewound(engine)).toEqual({ id: 'one-child', because: 'earlier-run' });
    await engine.advance(1000);
    expect(engine.status('one')).toMatchObject({ runtimeStatus: 'Pending' });
    expect(engine.status('one-child')).toMatchObject({ runtimeStatus: 'Failed' });
  });

  it('does not run a child again that was terminated', async () => {
    const engine = new EngineUnderTest(app);
    await engine.start('parentOfWaiting', 'one');
    await engine.runUntilIdle();
    await engine.client.terminate(engine.instance('one-child'), 'enough');
    await engine.ended('one');
    expect(await rewound(engine)).toEqual({ id: 'one-child', because: 'not-failed' });
    await engine.advance(1000);
    expect(engine.status('one')).toMatchObject({ runtimeStatus: 'Pending' });
    await engine.client.terminate(engine.instance('one'), 'enough');
    expect(await engine.ended('one')).toMatchObject({ runtimeStatus: 'Terminated' });
  });

  it('is refused if the failed child is gone', async () => {
    const engine = new EngineUnderTest(app);
    await engine.start('parent', 'one');
    const ended = await engine.ended('one');
    await engine.client.purge('one-child');
    expect(await rewound(engine)).toBe('refused');
    expect(engine.status('one')).toEqual(ended);
  });
});
