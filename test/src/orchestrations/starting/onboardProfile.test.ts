import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { clientKey } from '@connected-registry/protocol/names/clientKey';
import { createRunActivities } from '../../../../src/activities/runs/runActivities.js';
import { priorityOf } from '../../../../src/domain/operations/priority.js';
import {
  NOTHING_STARTED,
  profileInstance,
  type ProfileInput,
  type ProfileOutcome,
} from '../../../../src/domain/profiles/onboardProfile.js';
import { waitingRows } from '../../../../src/domain/rollouts/startPlan.js';
import { onboardProfile } from '../../../../src/orchestrations/onboardProfile.js';
import type { Pace } from '../../../../src/ports/pace.js';
import type { EventStartResult, Runs } from '../../../../src/ports/runs.js';
import { onboarding } from '../../fakes/answers/requests.js';
import { createClientRuns } from '../../fakes/services/clientRuns.js';
import { NO_LIMIT } from '../../fakes/services/runs.js';
import { runFlow } from '../../fakes/worlds/runFlow.js';
import { createWorld } from '../../fakes/worlds/world.js';

const NOW = '2026-03-01T12:00:00.000Z';
const EVENT = '2026-03-01T11:59:00.000Z';

beforeEach(() => vi.useFakeTimers({ now: new Date(NOW) }));
afterEach(() => vi.useRealTimers());

interface Options {
  readonly clients?: number;
  readonly pace?: Pace;
  readonly start?: (client: string, nth: number) => EventStartResult | undefined;
  readonly loses?: (name: string, nth: number) => boolean;
}

/** The start of a profile's clients over fake runs, which outlive it. */
function profileOf({ clients = 3, pace = NO_LIMIT, start, loses }: Options = {}) {
  const world = createWorld();
  const fake = createClientRuns(() => ({ seconds: 20, state: 'completed' }));
  const tries: string[] = [];
  const runs: Runs = {
    ...fake.runs,
    startFromEvent: async (kind, run) => {
      const { client } = run.request;
      tries.push(client);
      return start?.(client, tries.filter((one) => one === client).length) ?? fake.runs.start(kind, run);
    },
  };
  const activities: Readonly<Record<string, (input: never, given: Runs) => Promise<unknown>>> = createRunActivities(
    world.queries,
    world.config,
    pace,
  );
  const requests = Array.from({ length: clients }, (_, nth) => onboarding({ client: `c${nth}` }));
  const { registry = '', connectedRegistry = '' } = requests[0] ?? {};
  const instance = profileInstance(registry, connectedRegistry, EVENT);
  const input: ProfileInput = {
    plan: {
      id: instance,
      kind: 'onboard',
      actor: 'event',
      requestedAt: NOW,
      source: { kind: 'event', at: EVENT },
    },
    run: 'prf0000000000001',
    actor: 'event',
    limits: world.config.limits,
    rows: waitingRows(requests),
    tally: NOTHING_STARTED,
    idle: 0,
  };
  let calls = 0;
  const play = async () => {
    const { outcome, engines } = await runFlow<ProfileOutcome | undefined, { answer: never; followsDate: boolean }>({
      world: {
        followsDate: true,
        answer: ((name: string, { input: given }: { readonly input?: unknown }) =>
          activities[name]?.(given as never, runs)) as never,
      },
      flow: onboardProfile,
      input,
      script: {
        after: (name) => {
          calls += 1;
          if (loses?.(name, calls)) throw new Error('its answer is lost');
        },
      },
    });
    return { outcome, engines };
  };
  return { play, started: fake.started, tries, requests };
}

describe('the start of a profile’s clients', () => {
  test('starts each as an event does, to wait for the activation, in the class of events', async () => {
    const { play, started } = profileOf();
    const { outcome } = await play();
    expect(outcome).toMatchObject({ started: 3, repeated: 0, stale: 0, notStarted: [] });
    for (const { run } of started) {
      expect(run).toMatchObject({ actor: 'event', eventAt: EVENT, requestedAt: NOW, awaitsActivation: true });
      expect([run.rollout, priorityOf(run)]).toEqual([undefined, 'rollout']);
    }
  });

  test('starts nothing twice if the process dies in the middle of it, or if all is repeated', async () => {
    let room = 2;
    const pace = { room: () => room, started: () => void (room -= 1) };
    const { play, started } = profileOf({ clients: 5, pace, loses: (_, nth) => nth === 1 && (room = 9) > 0 });

    expect((await play()).outcome).toMatchObject({ started: 5, notStarted: [] });
    room = 9;
    expect((await play()).outcome).toMatchObject({ started: 5, notStarted: [] });
    expect(started.map(({ client }) => client).toSorted()).toEqual(['c0', 'c1', 'c2', 'c3', 'c4']);
  });

  test('starts 200 as fast as the budget has room, with a short history', async () => {
    const within = new Set<number>();
    let tokens = 0;
    const pace: Pace = {
      room: (_, seconds) => {
        within.add(seconds);
        return (tokens = 20);
      },
      started: () => void (tokens -= 1),
    };
    const { play, started } = profileOf({ clients: 200, pace });

    const { outcome, engines } = await play();

    expect([started.length, outcome?.started, [...within]]).toEqual([200, 200, [30]]);
    for (const one of engines) expect(one.calls.length).toBe(1);
    expect(engines.length).toBe(10);
  });

  test('waits for a client that another run holds, and for an engine that does not answer', async () => {
    const { play, tries } = profileOf({
      start: (client, nth) => {
        if (client === 'c0' && nth < 4) return { kind: 'conflict', id: 'other.run', runningKind: 'onboard' };
        return client === 'c1' && nth < 3 ? { kind: 'unknown' } : undefined;
      },
    });
    expect((await play()).outcome).toMatchObject({ started: 3, notStarted: [] });
    expect(tries.toSorted()).toEqual(['c0', 'c0', 'c0', 'c0', 'c1', 'c1', 'c1', 'c2']);
  });

  test('counts what an earlier run did, and what a newer request replaced', async () => {
    const kinds: Readonly<Record<string, EventStartResult>> = { c0: { kind: 'repeated' }, c1: { kind: 'stale' } };
    const { outcome } = await profileOf({ start: (client) => kinds[client] }).play();
    expect(outcome).toMatchObject({ started: 1, repeated: 1, stale: 1, notStarted: [] });
  });

  test('gives up after a day, and names the clients', async () => {
    const conflict = { kind: 'conflict', id: 'other.run', runningKind: 'onboard' } as const;
    const { play, requests } = profileOf({ start: (client) => (client === 'c1' ? conflict : undefined) });
    const { outcome } = await play();
    expect(outcome).toMatchObject({ started: 2, notStarted: [requests[1] && clientKey(requests[1])] });
    const hours = (Date.now() - Date.parse(NOW)) / 3_600_000;
    expect(hours).toBeGreaterThanOrEqual(24);
    expect(hours).toBeLessThan(26);
  });

  test('asks for room at least once a minute', async () => {
    const asked: number[] = [];
    const room = () => {
      asked.push(Date.now() / 1000);
      return asked.length > 12 ? 9 : 0;
    };
    expect((await profileOf({ pace: { room, started: () => undefined } }).play()).outcome).toMatchObject({
      started: 3,
    });
    const gaps = asked.slice(1).map((at, nth) => at - (asked[nth] ?? 0));
    expect(Math.max(...gaps)).toBeLessThanOrEqual(61);
  });

  test('gives up after a day without room', async () => {
    const { play, tries } = profileOf({ pace: { room: () => 0, started: () => undefined } });
    expect((await play()).outcome?.notStarted).toHaveLength(3);
    expect(tries).toEqual([]);
  });
});
