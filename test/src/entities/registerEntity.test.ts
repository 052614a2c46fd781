import * as df from 'durable-functions';
import { expect, test, vi } from 'vitest';
import type { EntityCall } from '../../../src/domain/operations/entityCall.js';
import { done } from '../../../src/domain/operations/stepOutcome.js';
import { registerEntity } from '../../../src/entities/registerEntity.js';

type Handler = (context: unknown) => Promise<void>;

test('an entity is deleted after an operation that drops it, and only then', async () => {
  const registered = vi.spyOn(df.app, 'entity').mockImplementation(() => undefined);
  registerEntity('sample', { value: 0 }, async ({ operation }: EntityCall<Record<'write' | 'drop', object>>) => ({
    state: { value: 1 },
    outcome: done({}),
    isDropped: operation === 'drop',
  }));
  const handler = registered.mock.calls[0]?.[1] as unknown as Handler;
  registered.mockRestore();

  const run = async (operationName: string) => {
    const calls: string[] = [];
    await handler({
      log: () => undefined,
      df: {
        operationName,
        entityKey: 'one',
        getInput: () => ({ by: { operation: 'sample-one.one', actor: 'test' } }),
        getState: () => undefined,
        setState: () => void calls.push('setState'),
        return: () => void calls.push('return'),
        destructOnExit: () => void calls.push('destructOnExit'),
      },
    });
    return calls;
  };

  expect(await run('write')).toEqual(['setState', 'return']);
  // The SDK takes the entity for existing after each of the other two.
  expect(await run('drop')).toEqual(['setState', 'return', 'destructOnExit']);
});

test('an entity signals others with the operation of its change, on behalf of the same work', async () => {
  const registered = vi.spyOn(df.app, 'entity').mockImplementation(() => undefined);
  registerEntity('sample', { value: 0 }, async ({ operation }: EntityCall<Record<'tell' | 'keep', object>>) => ({
    state: { value: 1 },
    outcome: done({}),
    ...(operation === 'keep'
      ? {}
      : { signals: [{ entity: { name: 'other', key: 'two' }, operation: 'hear', request: { what: 1 } }] }),
  }));
  const handler = registered.mock.calls[0]?.[1] as unknown as Handler;
  registered.mockRestore();
  const by = { operation: 'sample-one.one', actor: 'test' };
  const run = async (operationName: string) => {
    const sent: unknown[] = [];
    await handler({
      log: () => undefined,
      df: {
        operationName,
        entityKey: 'one',
        getInput: () => ({ by }),
        getState: () => undefined,
        setState: () => undefined,
        return: () => undefined,
        signalEntity: ({ name, key }: df.EntityId, operation: string, input: unknown) =>
          void sent.push([name, key, operation, input]),
      },
    });
    return sent;
  };

  expect(await run('tell')).toEqual([['other', 'two', 'hear', { what: 1, by }]]);
  expect(await run('keep')).toEqual([]);
});
