import {
  readHubKeys as verified,
  type HubKeys,
  type HubKeysFault,
} from '@connected-registry/protocol/enrolment/hubKeys';
import type { HubTarget } from '@connected-registry/protocol/messages/deviceChannel';
import { done, failed, type StepOutcome } from '../../domain/operations/stepOutcome.js';
import type { Ports } from '../../ports/ports.js';
import { delivering } from './delivering.js';

interface ReadHubKeysInput {
  readonly target: HubTarget;
  /** The device's id in the hub. */
  readonly client: string;
}

/** Keys in a twin. */
interface FoundKeys {
  /** Before the twin was read (ISO 8601). */
  readonly readAt: string;
  /** Absent if the device has reported none yet. */
  readonly found?: HubKeys;
}

/** What is wrong with keys in a twin. Nothing of what the device has written there is repeated. */
const FAULTS: Readonly<Record<HubKeysFault, string>> = {
  malformed: 'are not in the form that the agent writes',
  elsewhere: 'are for another hub, device or module',
  unproven: 'are not signed by themselves',
  unusable: 'cannot be used for sealing',
};

/** Reads the keys that the client's device reports in its twin, and verifies that they are its own. */
export function readHubKeys({ hubs }: Pick<Ports, 'hubs'>) {
  return async ({ target, client }: ReadHubKeysInput): Promise<StepOutcome<FoundKeys>> => {
    const readAt = new Date().toISOString();
    const reported = await delivering(async () => done(await hubs.reportedKeys(target, client)));
    if (reported.kind !== 'done') return reported;
    const { host, keys } = reported.value;
    if (keys === undefined) return done({ readAt });
    const { module } = target;
    const place = { hub: host, device: client, ...(module === undefined ? {} : { module }) };
    const read = await verified(keys, place);
    if ('fault' in read)
      return failed(
        'device-keys-invalid',
        `the keys that the device reports in its twin ${FAULTS[read.fault]}; the agent must make and report them anew`,
      );
    return done({ readAt, found: read });
  };
}
