import type { PlannedWrite } from '@connected-registry/protocol/answers/answers';
import type { ClientReference } from '@connected-registry/protocol/names/clientKey';
import { candidateSecretName, mainSecretName } from '@connected-registry/protocol/names/names';
import type { RotationPlan } from '../../domain/rotation/rotationPlan.js';
import { nextSync } from '@connected-registry/protocol/registry/syncSchedule';

/** Lists the writes of a rotation, in order. The last one is a later sweep's. */
export function rotationWrites(
  {
    token,
    slot,
    live,
    clears,
    olderPassword,
  }: Pick<RotationPlan, 'token' | 'slot' | 'live' | 'clears' | 'olderPassword'>,
  client: ClientReference,
): PlannedWrite[] {
  const candidate = candidateSecretName(client);
  const isLeaked = live?.slot === slot;
  const old = live && !isLeaked ? live : olderPassword;
  return [
    {
      step: 'issueCredentials',
      action: `generate ${slot}${isLeaked ? ', replacing the password in use' : ''}`,
      resource: token,
    },
    { step: 'issueCredentials', action: 'save secret', resource: candidate },
    ...(clears ? [{ step: 'clearOtherSlot', action: `empty ${clears}`, resource: token }] : []),
    { step: 'promote', action: 'save secret', resource: mainSecretName(client) },
    { step: 'promote', action: 'disable secret', resource: candidate },
    ...(old
      ? [
          {
            step: 'revokeOldPasswords',
            action: `empty ${old.slot} when its password is no longer needed, and disable the secret's versions with it`,
            resource: token,
          },
        ]
      : []),
  ];
}

/**
 * Describes the outage of an urgent rotation: the leaked password ends before the new one reaches the device by a sync.
 */
export function outageOf(
  { sync, syncPath, worstPathSeconds }: Pick<RotationPlan, 'sync' | 'syncPath' | 'worstPathSeconds'>,
  now: Date,
) {
  const next = nextSync(sync.schedule, now);
  const own = syncPath.at(-1)?.name ?? 'the connected registry';
  const when = next ? `${next.toISOString()} by its schedule` : 'time unknown: its schedule cannot be read';
  const max =
    worstPathSeconds === undefined
      ? 'for an unknown time if the password misses that sync, because a schedule on the sync path cannot be read'
      : `up to ${worstPathSeconds} s if the password misses that sync`;
  return `The password in use ends in the cloud within a minute, and at the edge with the next sync of ${own} (${when}). From then on the client cannot pull until it has proven the new password and its agent has written it for its consumers: minutes, or ${max}.`;
}
