import { describe, expect, it } from 'vitest';

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
    *again({ df }) {
      const left = Number(df.getInput());
      if (left > 0) {
        for (let turn = 0; turn < left; turn += 1) yield df.callActivity('say');
        df.continueAsNew(0);
      } else throw new Error('at last');
    },
  },
};

/** Has runs of one id follow each other, and rewinds the last one. */
async function rewound(runs: readonly (readonly [name: string, input?: number])[]): Promise<string> {
  const engine = new EngineUnderTest(app);
  for (const [name, input] of runs) {
    await engine.start(name, 'one', input);
    await engine.ended('one');
  }
  return engine.client.rewind('one', null);
}

describe('a rewind', () => {
  it('runs what has failed if no earlier run of the id reaches farther', async () => {
    expect(await rewound([['throws']])).toBe('runs');
    expect(await rewound([['turns', 0], ['throws']])).toBe('runs');
  });

  it('does nothing if one does', async () => {
    expect(await rewound([['turns', 1], ['throws']])).toBe('nothing');
    expect(await rewound([['turns', 3], ['turns', 0], ['throws']])).toBe('nothing');
    expect(await rewound([['again', 3]])).toBe('nothing');
  });

  it('takes the one whose last turn is still there, also if another one had a later turn', async () => {
    // The long turn has written over all of the first run.
    expect(await rewound([['turns', 2], ['longTurn'], ['throws']])).toBe('nothing');
    expect(await rewound([['turns', 2], ['longTurn'], ['turns', 1], ['throws']])).toBe('nothing');
  });
});
