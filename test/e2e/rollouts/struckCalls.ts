import { afterAll, beforeAll, expect, test } from 'vitest';
import { ROLLOUT_KINDS } from '@connected-registry/protocol/requests/rolloutRequest';
import { Lane } from '../faults/lane.js';
import { HARDLY_EVER } from '../faults/sweeps.js';
import { brokenOf, tableOf } from '../faults/table.js';
import { callsOfApp, type CallSite } from '../faults/trials.js';
import { StruckRollouts } from './struckRollouts.js';

/**
 * Tests that whichever call of a rollout of each kind is struck by a fault that passes, each row completes by one run.
 * @param turns in each of them a call meets another fault
 * @param choose which of a kind's calls are struck; by default all
 */
export function struckCallsTest(
  turns: readonly number[],
  choose: (sites: readonly CallSite[]) => readonly CallSite[] = (sites) => sites,
): void {
  let lane: Lane;
  let struck: StruckRollouts;
  beforeAll(async () => {
    const settings = {
      PULL_CHECK_RETRY_SECONDS: '1',
      PASSWORD_REPLICATION_SECONDS: '1',
      ROTATION_SWEEP_SCHEDULE: HARDLY_EVER,
    };
    lane = await Lane.open('struck', { settings });
    struck = new StruckRollouts(lane);
  }, 900_000);
  afterAll(() => lane.close());

  test('the line carries every call that the control plane counts, and each kind of rollout makes some', async () => {
    const { stack } = lane.it;
    const requests = `${stack.endpoints.azure.arm}/_control/requests`;
    await stack.controlPlane.https(requests, { method: 'DELETE' });
    const before = lane.line.carried;
    const calls = await struck.record();
    expect(lane.line.carried - before).toBe(callsOfApp((await stack.controlPlane.https(requests)).body));
    expect([...calls.keys()].toSorted()).toEqual(ROLLOUT_KINDS.toSorted());
    for (const sites of calls.values()) expect(sites.length).toBeGreaterThan(1);
  }, 900_000);

  test('whichever call fails for a while, each row completes, and no client is started twice', async () => {
    const ends = [];
    for (const turn of turns) ends.push(...(await struck.strike(turn, choose)));
    console.log(tableOf('rollout', ends, { completed: 'completed', failed: 'failed' }));
    expect(brokenOf(ends)).toEqual([]);
  }, 1_800_000);

  test('nothing that others had was touched, and no password stands outside the vault', async () => {
    expect(await lane.unclean()).toEqual([]);
  }, 900_000);
}
