import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { ClientRecord } from '../../../../src/domain/clients/clientRecord.js';
import { dryRunOfEach } from '../../../../src/triggers/http/answers/dryRunOfEach.js';
import { offboardIn, revokeIn } from '../../fakes/clients/clients.js';
import { FakeDurableClient, seen } from '../../fakes/durable/durableClient.js';
import { reference } from '../../fakes/answers/orders.js';
import { clientKey } from '@connected-registry/protocol/names/clientKey';
import { createFlowWorld, type FlowWorld } from '../../fakes/worlds/flowWorld.js';
import { onboardIn } from '../../fakes/worlds/onboardWorld.js';
import { token } from '../../fakes/worlds/defaultClient.js';
import { createWorld, type World } from '../../fakes/worlds/world.js';

const NOW = '2026-03-01T12:00:00.000Z';
const X = 'A'.repeat(43);
const THUMBPRINT = 'T'.repeat(43);
const ACCESS: ClientRecord = {
  enrolment: { hash: 'h', issuedAt: '2026-03-01T11:00:00.000Z', expiresAt: '2026-03-02T11:00:00.000Z' },
  joined: {
    keys: { signing: { kty: 'OKP', crv: 'Ed25519', x: X }, sealing: { kty: 'OKP', crv: 'X25519', x: X } },
    thumbprint: THUMBPRINT,
    token: 'earlier',
    joinedAt: '2026-02-01T12:00:00.000Z',
    keysSince: '2026-02-01T12:00:00.000Z',
  },
};
const ENDED = [`device key ${THUMBPRINT}`, 'join token'];

let world: World;
let flows: FlowWorld;
beforeEach(() => {
  vi.useFakeTimers({ now: new Date(NOW) });
  world = createWorld();
  flows = createFlowWorld(world);
});
afterEach(() => vi.useRealTimers());

const access = ({ enrolment, joined }: ClientRecord) => [enrolment, joined];

describe('a device that has joined, and was never onboarded', () => {
  beforeEach(() => {
    flows.records.state = ACCESS;
  });

  test('is offboarded: its key and its join token end', async () => {
    const { outcome } = await offboardIn(flows);
    expect(outcome).toMatchObject({ status: 'completed', result: { removed: ENDED, kept: [], changed: true } });
    expect(access(flows.record)).toEqual([undefined, undefined]);
    const again = await offboardIn(flows, { run: 'again' });
    expect(again.outcome).toMatchObject({ status: 'completed', result: { removed: [], changed: false } });
  });

  test('is revoked, and can be offboarded then', async () => {
    const { outcome } = await revokeIn(flows);
    expect(outcome).toMatchObject({ status: 'completed', result: { disabled: ENDED, changed: true } });
    expect(JSON.stringify(outcome.result?.edge)).not.toContain('from its next sync on');
    expect(access(flows.record)).toEqual([undefined, undefined]);
    expect((await offboardIn(flows)).outcome.status).toBe('completed');
  });

  test('is offboarded once more after a failure, though its key has ended', async () => {
    world.wire.fail('getConnectedRegistry', { when: 'before', kind: 'forbidden', times: 100 });
    expect((await offboardIn(flows)).outcome.status).toBe('failed');
    expect(access(flows.record)).toEqual([undefined, undefined]);
    world.wire.mend();
    expect((await offboardIn(flows, { run: 'again' })).outcome.status).toBe('completed');
  });
});

describe('a device that was onboarded', () => {
  test.each(['revoked', 'offboarded'])('loses its key before anything else when it is %s', async (what) => {
    await onboardIn(world, { flows });
    flows.records.state = { ...flows.record, ...ACCESS };
    const { outcome } = await (what === 'revoked' ? revokeIn(flows) : offboardIn(flows));
    const texts = JSON.stringify(outcome.result);
    expect(texts).toContain(THUMBPRINT);
    expect(texts.indexOf(THUMBPRINT)).toBeLessThan(texts.indexOf(`token ${token}`));
    expect(access(flows.record)).toEqual([undefined, undefined]);
  });
});

describe('a dry run', () => {
  test.each([
    ['offboardingDryRun', 'plan'],
    ['revocationDryRun', 'mark'],
  ] as const)('of %s says that key and join token end, first', async (query, step) => {
    const engine = new FakeDurableClient();
    engine.entities.set(`@client@${clientKey(reference())}`, ACCESS);
    const answer = await dryRunOfEach(
      [reference()],
      world.queries[query],
      world.queries,
      engine.client,
      world.config,
      step,
    );
    const writes = ENDED.map((resource) => ({ step, action: 'end', resource, client: reference().client }));
    expect(seen(answer).body).toMatchObject({ problems: [], writes });
  });
});
