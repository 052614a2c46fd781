import { describe, expect, it } from 'vitest';

import { ReplayContext } from '../../src/durable/replay/context.js';

describe('an event whose metadata .NET cannot read', () => {
  it('ends the wait for it, which never completes', () => {
    const context = new ReplayContext(1000);
    const wait = context.waitForEvent('go');
    expect(context.raiseEvent('go', '{"$type":null}')?.type).toBe('System.NullReferenceException');
    expect(context.raiseEvent('go', '1')).toBeUndefined();
    expect(wait.isDone).toBe(false);
    expect(context.waitForEvent('go').value).toBe('1');
  });

  it('fails who waits for it after it has come', () => {
    const context = new ReplayContext(1000);
    context.raiseEvent('go', '{"$ref":1}');
    expect(() => context.waitForEvent('go')).toThrow(
      "JSON reference $ref property must have a string or null value. Path '$ref', line 1, position 9.",
    );
  });
});
