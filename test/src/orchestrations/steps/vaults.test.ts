import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { clientKey } from '@connected-registry/protocol/names/clientKey';
import { vaultOfKey } from '../../../../src/domain/vaults/clientVault.js';
import { vaultHosts } from '../../../../src/settings/vaults.js';
import { reference } from '../../fakes/answers/orders.js';
import { onboarding } from '../../fakes/answers/requests.js';
import { offboardIn, revokeIn } from '../../fakes/clients/clients.js';
import { createClientRecordEntity } from '../../fakes/entities/clientRecordEntity.js';
import { candidate, main } from '../../fakes/worlds/defaultClient.js';
import { createFlowWorld, type FlowWorld } from '../../fakes/worlds/flowWorld.js';
import { onboardIn } from '../../fakes/worlds/onboardWorld.js';
import { rotateIn } from '../../fakes/worlds/rotateWorld.js';
import { createWorld, restarted, type World } from '../../fakes/worlds/world.js';

const hostOf = (nth: number) => `vault-${nth}.vault.azure.net`;
/** The first has every client of before there were several. */
const FIRST = 'edge-vault.vault.azure.net';
/** A vault that the default client gets beside the first, and another that would take it from that one. */
const OWN = firstHost((host) => vaultOfKey(clientKey(reference()), [FIRST, host]) === host);
const STRONGER = firstHost((host) => vaultOfKey(clientKey(reference()), [FIRST, OWN, host]) === host && host !== OWN);

const listing = (...hosts: readonly string[]) => ({
  KEY_VAULT_URL: '',
  KEY_VAULT_URLS: hosts.map((host) => `https://${host}/`).join(', '),
});

let world: World;
let flows: FlowWorld;
beforeEach(() => {
  vi.useFakeTimers({ now: new Date('2026-03-01T12:00:00Z') });
  world = createWorld(listing(FIRST, OWN));
  flows = createFlowWorld(world, createClientRecordEntity(undefined, vaultHosts(world.config)));
});
afterEach(() => vi.useRealTimers());

/** The app starts again with this list; services and the client's record stay. */
function restart(...hosts: readonly string[]): void {
  const { state } = flows.records;
  world = restarted(world, listing(...hosts));
  const records = createClientRecordEntity(undefined, vaultHosts(world.config));
  records.state = state;
  flows = createFlowWorld(world, records);
}

/** The vaults that have, or had, a secret of the client. */
const used = () => [...world.vaults.all].flatMap(([host, { secrets }]) => (secrets.size > 0 ? [host] : []));

describe('a new client', () => {
  test('gets the vault that follows from its key, which its record and its answers name', async () => {
    const { outcome } = await onboardIn(world, { flows });
    expect(outcome).toMatchObject({ status: 'completed', result: { vault: OWN } });
    expect([used(), flows.record.vault]).toEqual([[OWN], OWN]);
    const view = await world.queries.inventory.client(main, OWN);
    expect(view).toMatchObject({ state: 'ok', vault: OWN });
  });

  test('sends its device no address of a vault', async () => {
    await onboardIn(world, { flows });
    const sent = [...world.channel.pullChecks.values(), ...world.channel.promotions.values()];
    expect(sent).toHaveLength(2);
    expect(JSON.stringify(sent).toLowerCase()).not.toContain('vault');
  });

  test('stays where it is when vaults are added and the list is reordered', async () => {
    await onboardIn(world, { flows });
    restart(STRONGER, OWN, FIRST);
    const rotated = await rotateIn(world, { records: flows.records });
    expect(rotated.outcome).toMatchObject({ status: 'completed', result: { vault: OWN } });
    expect((await onboardIn(world, { flows, run: 'again00000000001' })).outcome.status).toBe('completed');
    expect(used()).toEqual([OWN]);
  });

  test('is taken away from its own vault, and forgotten: the next onboarding follows the list of that time', async () => {
    await onboardIn(world, { flows });
    restart(FIRST, OWN, STRONGER);
    const { outcome } = await offboardIn(flows);
    expect(outcome).toMatchObject({ status: 'completed', result: { vault: OWN } });
    expect([world.vaults.at(OWN).has(main), flows.record.vault]).toEqual([false, undefined]);
    vi.setSystemTime(new Date('2026-03-02T12:00:00Z'));
    const requestedAt = '2026-03-02T12:00:00.000Z';
    await onboardIn(world, { flows, run: 'next000000000001', requestedAt });
    expect([world.vaults.at(STRONGER).has(main), flows.record.vault]).toEqual([true, STRONGER]);
  });

  test('has its failed onboarding taken back in its own vault', async () => {
    const { outcome } = await onboardIn(world, { flows, device: () => undefined });
    expect(outcome.status).toBe('rolledBack');
    expect([used(), world.vaults.at(OWN).has(candidate)]).toEqual([[OWN], false]);
  });
});

describe('a client from before vaults were recorded', () => {
  beforeEach(async () => {
    restart(FIRST);
    await onboardIn(world, { flows });
    const { vault: _vault, ...before } = flows.record;
    flows.records.state = before;
  });

  test('stays in the first vault when others follow, and has it recorded by its next run', async () => {
    restart(FIRST, OWN);
    const { outcome } = await rotateIn(world, { records: flows.records });
    expect(outcome).toMatchObject({ status: 'completed', result: { vault: FIRST } });
    expect([used(), flows.record.vault]).toEqual([[FIRST], FIRST]);
    restart(OWN, FIRST);
    expect((await revokeIn(flows)).outcome).toMatchObject({ status: 'completed', result: { vault: FIRST } });
    expect(used()).toEqual([FIRST]);
  });

  test.each(['revocation', 'offboarding'])('has it recorded by a %s, too, also if that fails', async (kind) => {
    restart(FIRST, OWN);
    world.wire.fail('disable', { when: 'before', kind: 'forbidden', times: 9 });
    world.wire.fail('remove', { when: 'before', kind: 'forbidden', times: 9 });
    const { outcome } = await (kind === 'revocation' ? revokeIn(flows) : offboardIn(flows));
    expect([outcome.status, flows.record.vault]).toEqual(['failed', FIRST]);
    world.wire.mend();
    restart(OWN, FIRST);
    const again = await offboardIn(flows, { run: 'again00000000001' });
    expect(again.outcome).toMatchObject({ status: 'completed', result: { vault: FIRST } });
    expect(world.vaults.at(FIRST).has(main)).toBe(false);
  });
});

describe('a client whose vault is taken off the list', () => {
  beforeEach(async () => {
    await onboardIn(world, { flows });
    restart(FIRST, STRONGER);
    world.wire.calls.length = 0;
  });
  const intact = () => [used(), world.vaults.at(OWN).passwordIn(main) !== undefined];

  test('is neither onboarded nor rotated elsewhere', async () => {
    const again = await onboardIn(world, { flows, run: 'again00000000001' });
    const rotated = await rotateIn(world, { records: flows.records });
    for (const { outcome } of [again, rotated]) {
      expect(outcome).toMatchObject({ status: 'rolledBack', failure: { code: 'vault-not-configured' } });
      expect(outcome.failure?.message).toContain(OWN);
    }
    expect(intact()).toEqual([[OWN], true]);
    expect(world.wire.writes).not.toContain('generatePassword');
  });

  test('is revoked at the registry all the same, and the answer says what remains', async () => {
    const { outcome } = await revokeIn(flows);
    expect(outcome.status).toBe('failed');
    expect(world.controlPlane.token(onboarding().token).isEnabled).toBe(false);
    expect(JSON.stringify(outcome.failure)).toContain(OWN);
  });

  test('is not taken away by half, and keeps its place in the record', async () => {
    const { outcome } = await offboardIn(flows);
    expect(outcome).toMatchObject({ status: 'failed', failure: { code: 'vault-not-configured' } });
    expect([intact(), flows.record.vault]).toEqual([[[OWN], true], OWN]);
  });

  test('is called unknown by a check, not absent', async () => {
    const { findings } = await world.queries.check.clients([reference()], undefined, {
      record: async () => flows.record,
    });
    expect(findings).toMatchObject([
      { state: 'unknown', differences: [{ code: 'vault-not-configured', expected: OWN }] },
    ]);
    expect(findings[0]?.fix).toContain('KEY_VAULT_URLS');
  });
});

function firstHost(fits: (host: string) => boolean): string {
  const found = Array.from({ length: 100 }, (_, nth) => hostOf(nth)).find(fits);
  if (found === undefined) throw new Error('no host fits');
  return found;
}
