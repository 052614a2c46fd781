import { beforeEach, describe, expect, test } from 'vitest';
import { clientKey } from '@connected-registry/protocol/names/clientKey';
import type { OperationOutcome } from '../../../../src/domain/operations/operation.js';
import { ONBOARD, type OnboardingRun } from '../../../../src/domain/operations/run.js';
import { startFromEvent } from '../../../../src/triggers/eventGrid/startFromEvent.js';
import { FakeDurableClient } from '../../fakes/durable/durableClient.js';
import { onboardingRun } from '../../fakes/answers/requests.js';

const at = (minute: number) => new Date(Date.UTC(2026, 2, 1, 12, minute)).toISOString();
const event = (minute: number, image?: string): OnboardingRun => ({
  ...onboardingRun(image === undefined ? {} : { image }),
  run: `event${minute}`,
  actor: 'event',
  eventAt: at(minute),
});
const INSTANCE = clientKey(event(0).request);
const outcome = (status: OperationOutcome['status']) => ({ status, endedAt: at(30), steps: [] });

let engine: FakeDurableClient;
beforeEach(() => {
  engine = new FakeDurableClient();
});
const hold = (input: object, ended?: OperationOutcome['status'], name: string = ONBOARD) =>
  engine.instances.set(INSTANCE, {
    name,
    input: { ...onboardingRun(), run: 'earlier', ...input },
    ...(ended ? { runtimeStatus: 'Completed', output: outcome(ended) } : { runtimeStatus: 'Running' }),
  });
const deliver = async (run: OnboardingRun) => (await startFromEvent(engine.client, ONBOARD, run)).decision;

describe('an event', () => {
  test('of a new client starts its run', async () => {
    expect(await deliver(event(5))).toBe('started');
    expect(engine.instances.get(INSTANCE)?.input).toMatchObject({ run: 'event5', eventAt: at(5) });
  });

  test('that is redelivered after its run ended starts nothing, however the run ended', async () => {
    for (const status of ['completed', 'rolledBack'] as const) {
      hold({ eventAt: at(5), actor: 'event' }, status);
      expect(await deliver(event(5))).toBe('repeated');
    }
    expect(engine.starts).toBe(0);
  });

  test('that is older than the event of the ended run is stale', async () => {
    hold({ eventAt: at(6), actor: 'event' }, 'completed');
    expect([await deliver(event(5)), engine.starts]).toEqual(['stale', 0]);
  });

  test('that is older than the event of an offboarding is stale, as created after deleted', async () => {
    hold({ eventAt: at(6), fingerprint: 'off' }, 'completed', 'offboard');
    expect(await deliver(event(5))).toBe('stale');
    expect(await deliver(event(7))).toBe('started');
  });

  test('that is newer starts again', async () => {
    hold({ eventAt: at(4), actor: 'event' }, 'completed');
    expect(await deliver(event(5))).toBe('started');
  });

  test('attaches to an equal running run, and is recorded as the newest', async () => {
    hold({ eventAt: at(4), actor: 'event' });
    expect(await deliver(event(5))).toBe('attached');
    expect(engine.signals).toMatchObject([
      { entity: `@client@${INSTANCE}`, operation: 'noteEvent', input: { at: at(5) } },
    ]);
  });

  test('that is older than the event of a running run of another kind is stale', async () => {
    hold({ eventAt: at(6), fingerprint: 'another' });
    expect(await deliver(event(5))).toBe('stale');
    expect(await deliver(event(7))).toBe('started');
  });

  test('waits for a run of another kind to end', async () => {
    hold({ fingerprint: 'turn' }, undefined, 'rotate');
    expect(await deliver(event(5))).toBe('started');
    expect(engine.instances.get(INSTANCE)).toMatchObject({ name: 'rotate' });
    expect(engine.instances.size).toBe(2);
  });

  test('is stale after an operator’s later request that succeeded', async () => {
    hold({ requestedAt: at(6) }, 'completed');
    expect(await deliver(event(5))).toBe('repeated');
    expect(await deliver(event(5, 'hello-world:2'))).toBe('stale');
  });

  test('is not fulfilled by a later rotation', async () => {
    hold({ requestedAt: at(6), fingerprint: 'turn' }, 'completed', 'rotate');
    expect(await deliver(event(5))).toBe('started');
  });

  test('is processed after an operator’s request that was older or failed', async () => {
    hold({ requestedAt: at(6) }, 'rolledBack');
    expect(await deliver(event(5))).toBe('started');
    hold({ requestedAt: at(4) }, 'completed');
    expect(await deliver(event(5))).toBe('started');
  });
});
