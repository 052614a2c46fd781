import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { reference } from '../../../fakes/answers/orders.js';
import { AccessWorld, DEVICE, FORMER_VAULT_ID, identity, OTHER, SECRETS } from '../../../fakes/worlds/accessWorld.js';
import { main } from '../../../fakes/worlds/defaultClient.js';

/* What a dry run says that a revocation or an offboarding would take back. */

let it: AccessWorld;
beforeEach(() => {
  vi.useFakeTimers({ now: new Date('2026-03-01T12:00:00Z') });
  it = new AccessWorld();
});
afterEach(() => vi.useRealTimers());

describe.each(['offboardingDryRun', 'revocationDryRun'] as const)('%s', (query) => {
  /** What it would take, and what it would keep, of read access alone. */
  const dryRun = async () => {
    const { writes, adopts } = await it.world.queries[query](reference(), undefined, it.flows.record);
    return {
      taken: writes
        .filter(({ action }) => action.includes('read access'))
        .map(({ action, resource }) => [action, resource]),
      kept: adopts.filter((text) => text.includes('read access')),
    };
  };
  const ofDevice = SECRETS.map((secret) => [`take read access of ${DEVICE} to secret`, secret]);
  const keptOf = (secret: string, why: string) =>
    expect.stringContaining(`${DEVICE} to secret ${secret}: ${why}`) as string;

  test('lists what the app gave', async () => {
    await it.onboard();
    expect(await dryRun()).toEqual({ taken: ofDevice, kept: [] });
  });

  test('lists what others made under the same names as kept', async () => {
    await it.failThenDeploy();
    expect(await dryRun()).toEqual({
      taken: [],
      kept: SECRETS.map((secret) => keptOf(secret, 'kept, because others gave it')),
    });
  });

  test('lists nothing that is on record and was never made, or is gone', async () => {
    await it.onboard();
    it.world.access.list.splice(1);
    expect(await dryRun()).toEqual({ taken: ofDevice.slice(0, 1), kept: [] });
  });

  test('takes nothing of which it is unknown who gave it', async () => {
    await it.onboard();
    it.world.access.saysWhoMade = false;
    expect(await dryRun()).toEqual({
      taken: [],
      kept: SECRETS.map((secret) => keptOf(secret, 'in vault edge-vault, it remains, because it is unknown')),
    });
  });

  test('shows all else if the app has no role on a vault that the settings named before', async () => {
    await it.onboard(identity(OTHER));
    const grant = { principalId: DEVICE, vault: FORMER_VAULT_ID, made: [main], run: 'earlier' };
    await it.flows.ask('noteGrant', grant);
    it.addOurs(main, FORMER_VAULT_ID);
    it.world.access.isAllowedOnFormer = false;
    expect(await dryRun()).toEqual({
      taken: SECRETS.map((secret) => [`take read access of ${OTHER} to secret`, secret]),
      kept: [keptOf(main, 'in vault edge-vault-former, it remains, because this app may no longer')],
    });
  });
});
