/**
 * The local host does what the real one does: each case runs against it, and what callers, histories and executors saw
 * is compared with what the real host (Functions host 4.1037, Durable Task extension 3.15 over Azurite) gave.
 *
 * Against another host that serves the compiled app (`dist/conformance`, GOLDEN_LOG set), and to record its answers:
 *
 *     CONFORMANCE_BASE=http://localhost:7071 CONFORMANCE_KEYS=keys.json CONFORMANCE_TURNS=turns.jsonl \
 * [CONFORMANCE_RECORD=1] [CONFORMANCE_ONLY=again,chain] [CONFORMANCE_PARALLEL=6] npx vitest run --project conformance
 *
 * Then each case again, in memory and in virtual time, with the host killed between two records of its journal: a
 * seeded sample (KILL_SEED), or with KILLS=all (`npm run test:long`) between every two; and with the host killed after
 * every single record.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { cases } from './cases/index.js';
import type { CaseRecords } from './kills/caseRecords.js';
import { KilledCases } from './kills/killedCases.js';
import type { Keys, Target } from './run/caseRun.js';
import { appDir, startLocalHost, type HostProcess } from './run/hostProcess.js';
import { normaliser } from './run/normalise.js';
import { startPeer, type Peer } from './run/peer.js';
import { readRecorded, writeRecorded } from './run/recorded.js';
import { seenIn } from './run/seenIn.js';
import { TurnReader } from './run/turns.js';
import type { View } from './run/view.js';

const environment = process.env;
const only = environment['CONFORMANCE_ONLY']?.split(',');
const names = Object.keys(cases).filter((name) => only === undefined || only.includes(name));
const parallel = Number(environment['CONFORMANCE_PARALLEL'] ?? 12);
const isRecording = environment['CONFORMANCE_RECORD'] === '1';
const longest = 180_000;
const seed = Number(environment['KILL_SEED'] ?? Math.floor(Math.random() * 1e9));

/** A host that somebody else started. */
function givenHost(): HostProcess | undefined {
  const base = environment['CONFORMANCE_BASE'];
  if (base === undefined) return undefined;
  const keys = JSON.parse(readFileSync(environment['CONFORMANCE_KEYS'] ?? '', 'utf8')) as Keys;
  return {
    base,
    keys,
    turns: environment['CONFORMANCE_TURNS'] ?? '',
    end: () => Promise.resolve([]),
    stop: () => Promise.resolve(),
  };
}

function withResolvers<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

describe('the conformance cases', () => {
  let host: HostProcess | undefined;
  let peer: Peer | undefined;
  let reader: TurnReader | undefined;
  let target: Target | undefined;
  const views = new Map<string, Promise<View>>();
  const recorded = readRecorded();

  beforeAll(async () => {
    host = givenHost() ?? (await startLocalHost());
    peer = await startPeer();
    const turns = new TurnReader(host.turns);
    reader = turns;
    const run = Math.random().toString(36).slice(2, 8);
    const place = { base: host.base, keys: host.keys, peer: peer.url, run };
    target = place;
    const outcomes = names.map((name) => ({ name, ...withResolvers<View>() }));
    for (const { name, promise } of outcomes) views.set(name, promise);
    const waiting = [...outcomes];
    const worker = async (): Promise<void> => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift())
        next.resolve(await seenIn(next.name, cases[next.name], place, turns));
    };
    // They go on while the tests wait for one after another.
    for (let count = 0; count < parallel; count += 1) void worker();
  });

  afterAll(async () => {
    if (isRecording) for (const [name, view] of views) recorded.set(name, await view);
    if (isRecording) writeRecorded(recorded);
    await reader?.close();
    await peer?.close();
    await host?.stop();
  });

  it.each(names)(
    '%s',
    async (name) => {
      const view = await views.get(name);
      const expected = isRecording ? { ...view, failure: undefined } : recorded.get(name);
      expect(view).toEqual(expected);
    },
    longest,
  );

  it('include every recorded case', () => {
    expect(only === undefined ? [...recorded.keys()].filter((name) => cases[name] === undefined) : []).toEqual([]);
  });

  describe.skipIf(environment['CONFORMANCE_BASE'] !== undefined)('with the host killed', () => {
    let killed: KilledCases | undefined;
    const everyPair = environment['KILLS'] === 'all';

    beforeAll(async () => {
      await Promise.all(views.values());
      if (host === undefined || target === undefined) throw new Error('The cases have run.');
      killed = await KilledCases.of(await host.end(), {
        appDir,
        names,
        run: target.run,
        normalise: normaliser(target),
      });
    }, longest);

    const groupsOf = (name: string | undefined): readonly CaseRecords[] => killed?.groups(name) ?? [];

    /** Places between two records, or after the last. */
    function places({ id, records }: CaseRecords): number[] {
      if (everyPair) return records.map((_, index) => index + 1);
      const drawn = createHash('sha256')
        .update(`${seed} ${id.replace(target?.run ?? '', '')}`)
        .digest()
        .readUInt32LE();
      return [1 + (drawn % records.length)];
    }

    it.each([...names, undefined])(
      'between two records: %s',
      async (name) => {
        for (const group of groupsOf(name))
          for (const place of places(group))
            expect(
              await killed?.endedAfterKill(group, place),
              `after ${place} of ${group.records.length} records, KILL_SEED=${seed}`,
            ).toEqual(killed?.ended(group));
      },
      longest,
    );

    it.each([...names, undefined])(
      'after every record: %s',
      async (name) => {
        for (const group of groupsOf(name))
          expect(await killed?.endedAfterKillsEverywhere(group)).toEqual(killed?.ended(group));
      },
      longest,
    );

    it('is tried on most cases', () => {
      expect(killed?.count).toBeGreaterThan(names.length * 0.8);
    });
  });
});
