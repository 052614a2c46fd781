import { describe, expect, it } from 'vitest';

import { EngineUnderTest, type Orchestrator, type TestApp } from '../engineUnderTest.js';
import { entityId } from './sampleFunctions.js';

describe('entities', () => {
  const entities: TestApp['entities'] = {
    Counter({ df }) {
      const value = df.getState(() => 0) as number;
      if (df.operationName === 'add') df.setState(value + Number(df.getInput()));
      if (df.operationName === 'tell') df.signalEntity(entityId('Counter', String(df.getInput())), 'add', 5);
      if (df.operationName === 'delete') {
        df.destructOnExit();
        return;
      }
      df.return(df.operationName === 'add' ? value + Number(df.getInput()) : value);
    },
  };
  const call: Orchestrator = function* ({ df }) {
    const [operation, input] = df.getInput() as [string, unknown];
    return yield df.callEntity(entityId('Counter', 'k'), operation, input);
  };

  it('process calls one after another and keep their state', async () => {
    const engine = new EngineUnderTest({ entities, orchestrators: { call } });
    for (const [index, value] of [3, 4, 5].entries()) await engine.start('call', `c${index}`, ['add', value]);
    const outputs = [await engine.output('c0'), await engine.output('c1'), await engine.output('c2')];

    expect(outputs).toEqual([3, 7, 12]);
    expect(engine.instance('@counter@k').entity?.state).toBe('12');
  });

  it('process waiting operations as one batch', async () => {
    const engine = new EngineUnderTest({ entities, orchestrators: { call } });
    await Promise.all(
      Array.from({ length: 30 }, () => engine.client.signalEntity({ name: 'Counter', key: 'k' }, 'add', '1')),
    );
    await engine.advance(1000);

    expect(engine.instance('@counter@k').entity?.state).toBe('30');
    expect(engine.app.invocations.filter((name) => name === 'Counter').length).toBeLessThan(5);
  });

  it('process what comes after a batch has begun as the next one', async () => {
    const parent: Orchestrator = function* ({ df }) {
      df.signalEntity(entityId('Counter', 'k'), 'add', 1);
      return yield df.callSubOrchestrator('call', ['get', null]);
    };
    const engine = new EngineUnderTest({ entities, orchestrators: { call, parent } });
    await engine.start('parent', 'p');

    expect(await engine.output('p')).toBe(1);
    expect(engine.app.invocations.filter((name) => name === 'Counter')).toHaveLength(2);
  });

  it('process all signals of a turn as one batch', async () => {
    const parent: Orchestrator = function* ({ df }) {
      for (let nth = 0; nth < 5; nth += 1) df.signalEntity(entityId('Counter', 'k'), 'add', 1);
      return yield df.callEntity(entityId('Counter', 'k'), 'get');
    };
    const engine = new EngineUnderTest({ entities, orchestrators: { parent } });
    await engine.start('parent', 'p');

    expect(await engine.output('p')).toBe(5);
    expect(engine.app.invocations.filter((name) => name === 'Counter')).toHaveLength(1);
  });

  it('process what a batch may not take in the next ones', async () => {
    const settings = { maxEntityOperationBatchSize: 2 };
    const engine = new EngineUnderTest({ entities, orchestrators: { call } }, { settings });
    await Promise.all(
      Array.from({ length: 5 }, () => engine.client.signalEntity({ name: 'Counter', key: 'k' }, 'add', '1')),
    );
    await engine.advance(1000);

    expect(engine.instance('@counter@k').entity).toMatchObject({ state: '5', queue: [] });
  });

  it('are removed when their state is deleted', async () => {
    const engine = new EngineUnderTest({ entities, orchestrators: { call } });
    await engine.start('call', 'c1', ['add', 1]);
    await engine.output('c1');
    await engine.client.signalEntity({ name: 'counter', key: 'k' }, 'delete', null);
    await engine.advance(1000);

    expect(engine.hub.instances.has('@counter@k')).toBe(false);
  });

  it('that signal a name with a capital letter reach another entity, with a warning', async () => {
    const engine = new EngineUnderTest({ entities, orchestrators: { call } });
    await engine.client.signalEntity({ name: 'counter', key: 'k' }, 'tell', '"other"');
    await engine.advance(1000);

    expect(engine.hub.instances.has('@Counter@other')).toBe(true);
    expect(engine.hub.instances.has('@counter@other')).toBe(false);
    expect(engine.warnings.join()).toMatch(/signals '@Counter@other' from inside an entity/);
  });
});
