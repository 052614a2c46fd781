import type { Operation } from '../harness/appClient.js';
import { TakingAway, type Offboarding, type Revocation } from '../harness/takingAway.js';
import { ARRIVES_LATE } from './faultKinds.js';
import type { Lane } from './lane.js';
import { readState } from './simulatorState.js';
import { STRIKE_WITHIN_SECONDS, within } from './strikes.js';
import type { CallSite } from './trials.js';

/** How a client ended that was revoked while a call of its onboarding was held. */
export interface RevokeEnd {
  readonly site: CallSite;
  /** The step that the onboarding showed then. */
  readonly step: string;
  /** The onboarding, and the revocation. */
  readonly ended: Operation;
  readonly end: Offboarding | Revocation;
  /** The token's status while the call was still held, and in the end; undefined when it was never made. */
  readonly statusThen: string | undefined;
  readonly status: string | undefined;
  /** Secrets of the client that can still be read. */
  readonly enabled: readonly string[];
}

const BEFORE_DISABLING: readonly string[] = ['starting', 'mark', 'disable'];

/**
 * For each of these calls a client that is revoked while that call of its onboarding is held. @param kill ends the host
 * once all are held and revoked, so that a new one starts each call again.
 */
export async function revokedDuring(
  lane: Lane,
  sites: readonly CallSite[],
  fault: 'killed before' | 'killed after' | typeof ARRIVES_LATE,
  { kill = false, isAlone = false } = {},
): Promise<RevokeEnd[]> {
  const { it, line } = lane;
  const away = new TakingAway(it);
  const started = await Promise.all(
    sites.map(async (site) => {
      const names = await lane.newClient();
      if (isAlone) line.alone = names.client;
      const armed = line.arm({ client: names.client, key: site.key, nth: site.nth, fault });
      return { site, names, armed, id: await lane.start(names) };
    }),
  );
  const held = await Promise.all(
    started.map(async ({ armed, names, id, ...rest }) => {
      await within(STRIKE_WITHIN_SECONDS, armed.struck);
      const { steps } = await it.app.operation(id);
      const [revocation = ''] = await away.start('revocations', names.client);
      await away.end(revocation, ({ status, phase }) => status !== 'running' || !BEFORE_DISABLING.includes(phase));
      const statusThen = (await readState(it)).tokens.get(names.token)?.status;
      return { ...rest, armed, names, id, step: steps.at(-1)?.name ?? '', revocation, statusThen };
    }),
  );
  if (kill) await it.crashHost();
  const ends = await Promise.all(
    held.map(async ({ site, names, armed, id, step, revocation, statusThen }): Promise<RevokeEnd> => {
      // A late request comes when its run is over.
      if (fault === ARRIVES_LATE) await lane.ended(id);
      armed.release();
      const ended = await lane.ended(id);
      const end = await away.end(revocation);
      const state = await readState(it);
      const enabled = [names.secret, `${names.secret}-candidate`].filter((name) =>
        (state.secrets.get(name) ?? []).some((version) => version.enabled !== false),
      );
      return { site, step, ended, end, statusThen, status: state.tokens.get(names.token)?.status, enabled };
    }),
  );
  line.alone = undefined;
  return ends;
}
