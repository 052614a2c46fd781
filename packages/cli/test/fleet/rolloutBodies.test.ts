import { randomUUID } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { chunksOf } from '../../src/fleet/plan/rolloutBodies.js';
import type { PlanEntry } from '../../src/fleet/plan/planEntry.js';
import { DEPLOYED_BODY_LIMIT } from '@connected-registry/protocol/requests/deployedBodyLimit';

/** Clients that are added. @param text what a row has besides its names */
const additions = (count: number, text: () => string): PlanEntry[] =>
  Array.from({ length: count }, (_, index) => {
    const names = { registry: 'plants', connectedRegistry: 'berlin', client: `line-${index}` };
    return {
      ...names,
      key: `key-${index}`,
      mark: '+',
      reasons: [],
      row: { ...names, repositories: ['hello-world'], token: text() },
    };
  });

test('ten thousand ordinary clients are one rollout', () => {
  const chunks = chunksOf(additions(10_000, () => `token-of-${randomUUID()}`));
  expect(chunks.map(({ clients }) => clients.length)).toEqual([10_000]);
});

test('each request is short enough for a deployment, whatever its rows have, and each client is in one', () => {
  const entries = additions(3_000, () => Array.from({ length: 30 }, () => randomUUID()).join(''));
  const chunks = chunksOf(entries);
  expect(chunks.length).toBeGreaterThan(1);
  for (const { clients } of chunks)
    expect(gzipSync(JSON.stringify(clients.map(({ row }) => row))).length).toBeLessThan(DEPLOYED_BODY_LIMIT);
  expect(chunks.flatMap(({ clients }) => clients)).toEqual(entries);
});
