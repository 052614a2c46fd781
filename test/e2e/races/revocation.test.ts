import { afterAll, beforeAll, expect, test } from 'vitest';
import { ARRIVES_LATE } from '../faults/faultKinds.js';
import { Lane } from '../faults/lane.js';
import { revokedDuring, type RevokeEnd } from '../faults/revokedDuring.js';
import { inParts } from '../faults/strikes.js';
import { ofRing, type ByRing } from '../harness/ring.js';
import { HELD, HELD_AND_KILLED, PHASES } from './heldCalls.js';
import type { CallSite } from '../faults/trials.js';

let lane: Lane;
let sites: CallSite[];
beforeAll(async () => {
  lane = await Lane.open('revoked');
  sites = await lane.record();
}, 900_000);
afterAll(() => lane.close());

/** The app works on 20 activities at once (host.json): while so many are held, those of the revocations go on. */
const HELD_AT_ONCE = 12;

async function revokedDuringEach(
  fault: 'killed before' | 'killed after',
  choice: ByRing<(own: readonly CallSite[]) => CallSite[]> = HELD.revoked[fault],
  kill = false,
): Promise<RevokeEnd[]> {
  const own = ofRing(choice)(sites.filter(({ isOwn }) => isOwn));
  const ends: RevokeEnd[] = [];
  for (const part of inParts(own, HELD_AT_ONCE)) ends.push(...(await revokedDuring(lane, part, fault, { kill })));
  return ends;
}

/** What is wrong: nothing when nothing works in the end, whatever was under way, and the answers are true. */
function notCutOff(ends: readonly RevokeEnd[]): string[] {
  console.log(`revoked during ${ends.length} calls, in ${[...new Set(ends.map(({ step }) => step))].join(', ')}`);
  return ends.flatMap(({ site, step, ended, end, status, enabled }) => {
    const what = `${site.key} ${site.nth} in ${step}`;
    const found: string[] = [];
    if (status === 'enabled') found.push(`${what}: the token is enabled`);
    if (enabled.length > 0) found.push(`${what}: ${enabled.join(', ')} can be read`);
    if (end.status !== 'completed')
      found.push(`${what}: the revocation ended ${end.status} (${end.failure?.message ?? ''})`);
    // Once it promotes, a run is not taken back any more; all the others end by the revocation.
    const isExpected = ended.status === 'completed' || ended.failure?.code === 'revoked';
    if (!isExpected) found.push(`${what}: the onboarding ended ${ended.status} (${ended.failure?.code ?? ''})`);
    if (ended.failure && ended.failure.residue.length > 0) found.push(`${what}: ${ended.failure.residue.join('; ')}`);
    return found;
  });
}

test('a revocation during any call of an onboarding, before or after its effect, leaves the token disabled or never created', async () => {
  const ends = [...(await revokedDuringEach('killed before')), ...(await revokedDuringEach('killed after'))];

  expect(notCutOff(ends)).toEqual([]);
  // The revocation does not wait for the run: it disables what exists while the run still hangs.
  expect(ends.map(({ statusThen }) => statusThen)).not.toContain('enabled');
  expect(ends.map(({ step }) => step)).toEqual(expect.arrayContaining(PHASES));
}, 900_000);

test('a revocation during a call does the same if host and app are killed in between', async () => {
  expect(notCutOff(await revokedDuringEach('killed after', HELD_AND_KILLED, true))).toEqual([]);
}, 900_000);

test('a request to create or change the token that arrives after the end finds it disabled again', async () => {
  const late = sites.filter(({ key }) => /^(?:PUT|PATCH|POST) .*(?:\{token\}|generateCredentials)$/.test(key));
  expect(late.length).toBeGreaterThan(1);
  const ends = await revokedDuring(lane, late, ARRIVES_LATE);
  expect(notCutOff(ends)).toEqual([]);
  // The late request has made the token anew; it is there, and of no use.
  expect(ends.map(({ status }) => status)).toContain('disabled');
}, 900_000);

test('a revocation while the client list is written ends the onboarding, and nobody restores the binding', async () => {
  for (const site of sites.filter(({ key }) => key.startsWith('PATCH ') && key.includes('connectedRegistries')))
    expect(notCutOff(await revokedDuring(lane, [site], 'killed after', { isAlone: true }))).toEqual([]);
}, 900_000);

test('resources of others are unchanged, and no password appears outside the vault', async () => {
  expect(await lane.unclean()).toEqual([]);
});
