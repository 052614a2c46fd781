import { describe, expect, test } from 'vitest';
import { audit, inAuditScope } from '../../../src/audit/audit.js';
import { auditedPorts } from '../../../src/audit/auditedPorts.js';
import { createWorld } from '../fakes/worlds/world.js';

/** The audit lines of some work in the scope of one operation. */
async function linesOf(work: () => Promise<unknown>): Promise<Readonly<Record<string, unknown>>[]> {
  const lines: string[] = [];
  const scope = { log: (line: string) => void lines.push(line), actor: 'Ada', operation: 'client.run' };
  await inAuditScope(scope, work).catch(() => undefined);
  return lines.map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
}

describe('the audit', () => {
  test('has one line for each write, with who it was for, and none for reads', async () => {
    const { controlPlane } = auditedPorts(createWorld().ports);
    const lines = await linesOf(async () => {
      await controlPlane.getToken('myregistry', 'a-token');
      await controlPlane.createScopeMap('myregistry', 'a-map', { actions: [], description: '' });
    });
    expect(lines).toEqual([
      { audit: 'scopeMap.create.succeeded', actor: 'Ada', operation: 'client.run', resource: 'myregistry/a-map' },
    ]);
  });

  test('gives a failure a reason that can be counted, and passes the error on', async () => {
    const { ports, wire } = createWorld();
    wire.fail('deleteToken', { when: 'before', kind: 'throttled' });
    const { controlPlane } = auditedPorts(ports);
    const lines = await linesOf(async () => {
      await expect(controlPlane.deleteToken('myregistry', 'a-token')).rejects.toMatchObject({ kind: 'throttled' });
    });
    expect(lines).toMatchObject([{ audit: 'token.delete.failed', reason: 'throttled' }]);
  });

  test('names secrets, and never holds a value', async () => {
    const vault = auditedPorts(createWorld().ports).vaults.of(undefined);
    const attributes = { expiresOn: '2026-05-30T12:00:00.000Z', tags: {} };
    const lines = await linesOf(async () => {
      const saved = await vault.store('a-candidate', 'top-secret', attributes);
      await vault.copy(saved, 'a-main', attributes);
      await vault.disable(saved);
    });
    expect(lines.map(({ audit: action, resource }) => [action, resource])).toEqual([
      ['secret.save.succeeded', 'a-candidate'],
      ['secret.promote.succeeded', 'a-main'],
      ['secret.disable.succeeded', 'a-candidate'],
    ]);
    expect(JSON.stringify(lines)).not.toContain('top-secret');
  });

  test('is silent outside any scope', () => {
    expect(() => audit('run.start.succeeded', { resource: 'x' })).not.toThrow();
  });
});
