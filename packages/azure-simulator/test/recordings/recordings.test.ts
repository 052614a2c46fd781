import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { operationMilliseconds, type OperationKind } from '../../src/arm/longRunning/pace.js';
import { followedAt, inOrderSent, recordingsIn, secondsTaken, type Recording } from '../../src/recordings/recording.js';
import { replayAll, type Replayed } from '../../src/recordings/replay.js';
import { countsOf, isCore, listOf } from '../../src/recordings/table.js';
import { projectRoot } from '@connected-registry/clock/files/projectRoot';
import { ensureCertificates, type CertificateFiles } from '../../src/tls/certificates.js';

const OWN = join(projectRoot(), 'packages', 'azure-simulator', 'test', 'recordings', 'data');
const recordings = recordingsIn(process.env['RECORDINGS'] ?? OWN);

let folder: string;
let tls: CertificateFiles;
let replayed: Replayed[];
const replay = (some: readonly Recording[], name: string) =>
  replayAll(some, { folder: join(folder, name), tls, now: new Date('2030-01-01T00:00:00Z') });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'recordings-'));
  tls = await ensureCertificates(join(folder, 'tls'));
  replayed = await replay(recordings, 'all');
}, 120_000);
afterAll(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));

describe('answers of the simulator', () => {
  test('equal at least 95 % of the recorded ones of the container registry and the vault, and none is different', () => {
    const core = replayed.filter(isCore);

    const counts = countsOf(core);

    expect(counts, listOf(core)).toMatchObject({ different: 0, 'not sent': 0 });
    expect(counts.equal / counts.all, listOf(core)).toBeGreaterThanOrEqual(0.95);
  });

  test('equal at least 80 % of the recorded ones of Event Grid and roles, and at most 5 % are different', () => {
    const rest = replayed.filter((one) => !isCore(one));

    const counts = countsOf(rest);

    expect(counts.equal / counts.all, listOf(rest)).toBeGreaterThanOrEqual(0.8);
    expect((counts.different + counts['not sent']) / counts.all, listOf(rest)).toBeLessThanOrEqual(0.05);
  });

  test('that are not equal are exactly those that docs/simulator.md lists', async () => {
    const text = await readFile(join(projectRoot(), 'docs', 'simulator.md'), 'utf8');
    const listed = [...text.matchAll(/`([a-z-]+-\d{4})`\s+((?:#\d+(?:,\s+)?)+)/g)].flatMap(
      ([, scenario, numbers = '']) => [...numbers.matchAll(/#(\d+)/g)].map(([, n]) => `${scenario}#${n}`),
    );
    const own = new Set(recordingsIn(OWN).map(({ scenario }) => scenario));

    const unequal = replayed
      .filter(({ scenario }) => own.has(scenario))
      .flatMap(({ scenario, judged }) =>
        judged.filter(({ outcome }) => outcome !== 'equal').map(({ n }) => `${scenario}#${n}`),
      );

    expect(unequal.toSorted()).toEqual(listed.toSorted());
  });
});

describe('the comparison', () => {
  const [first] = recordingsIn(OWN).filter(({ scenario }) => scenario === 'token-patch-2025');
  /** The recording with one of its exchanges changed. */
  const changed = (n: number, change: (one: Record<string, unknown>) => void): Recording => {
    const copy = structuredClone(first) as Recording;
    const one = copy.exchanges.find((exchange) => exchange.n === n);
    if (one) change(one);
    return copy;
  };
  const body = (one: Record<string, unknown>) => one['response'] as { properties: Record<string, unknown> };

  test.each<[string, number, (one: Record<string, unknown>) => void, string]>([
    ['another status', 2, (one) => (one['status'] = 200), 'different'],
    ['another state', 2, (one) => (body(one).properties['provisioningState'] = 'Succeeded'), 'different'],
    ['a write that was done at once', 2, (one) => (one['headers'] = { 'content-type': '{text}' }), 'different'],
    ['a property that is missing here', 0, (one) => (body(one).properties['more'] = true), 'other shape'],
    ['a property that is missing there', 0, (one) => delete body(one).properties['status'], 'other shape'],
    ['another wait', 2, (one) => ((one['headers'] as Record<string, unknown>)['retry-after'] = '5'), 'different'],
  ])('finds %s', async (name, n, change, outcome) => {
    const [judged] = await replay([changed(n, change)], `judge-${n}-${name.replaceAll(' ', '-')}`);
    expect(judged?.judged.find((one) => one.n === n)?.outcome).toBe(outcome);
  });
});

/*
 * A write that was not polled has no bounds. Of the others, at least one must have been busy before the simulator's
 * duration and done after it.
 */
test.each<[OperationKind, string, RegExp]>([
  ['registryPut', 'PUT', /registries\/\{registry\}$/],
  ['registryDelete', 'DELETE', /registries\/\{registry\}$/],
  ['childPut', 'PUT', /tokens\/\{\w+\}$/],
  ['childPatch', 'PATCH', /scopeMaps\/\{\w+\}$/],
  ['childDelete', 'DELETE', /(scopeMaps|tokens)\/\{\w+\}$/],
  ['replication', 'PUT', /replications\/\w+$/],
  ['eventGrid', 'PUT', /topics\/\{\w+\}$/],
])('with the recorded pace, a %s takes a time within recorded bounds', (kind, method, path) => {
  const seconds = operationMilliseconds({ pace: 'azure' }, kind) / 1000;

  const bounds = recordingsIn(OWN).flatMap((recording) => boundsOf(recording, method, path));

  expect(bounds.some(([min, max]) => min <= seconds && seconds <= max)).toBe(true);
  expect(Math.max(...bounds.map(([, max]) => max))).toBeGreaterThanOrEqual(seconds);
});

function boundsOf(recording: Recording, method: string, path: RegExp): [number, number][] {
  const exchanges = inOrderSent(recording.exchanges);
  let sum = 0;
  const at = exchanges.map(({ afterSeconds }) => (sum += afterSeconds ?? 0));
  return exchanges.flatMap((one, index): [number, number][] => {
    if (one.method !== method || !path.test(one.path)) return [];
    const middle = secondsTaken(exchanges, at, index);
    if (middle === undefined) return [];
    const followed = followedAt(one)?.path;
    const polls = exchanges.flatMap((poll, i) =>
      poll.path === followed && i > index ? [(at[i] ?? 0) - (at[index] ?? 0)] : [],
    );
    const max = polls.find((seconds) => seconds >= middle) ?? middle;
    return [[Math.max(0, 2 * middle - max), max]];
  });
}
