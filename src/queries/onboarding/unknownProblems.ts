import { takesWrites } from '@connected-registry/protocol/registry/armEnumerations';
import { FIX_COMMANDS } from '../../domain/check/fixCommands.js';
import type { Onboarding } from '@connected-registry/protocol/requests/onboardingRequest';
import type { Problem } from '../../domain/operations/operation.js';
import { READ_ACTIONS } from '@connected-registry/protocol/names/permissions';
import { unreadableStops, type SyncStop } from '@connected-registry/protocol/registry/syncSchedule';
import { unreadableSchedule } from '../../domain/schedules/unreadableSchedule.js';
import type { Findings } from './findings.js';

/*
 * Facts that preflight could not read. Each is reported and refuses nothing: a refusal could stop a correct client, and
 * silence would hide why the pull check may fail. The pull check decides.
 */

/** Reports connected registries on the sync path whose sync times are unknown. */
export function aboutUnreadableSchedules(syncPath: readonly SyncStop[], registry: string, now: Date): Problem[] {
  return unreadableStops(syncPath, now).map((stop) => ({
    ...unreadableSchedule(registry, stop),
    field: 'connectedRegistry',
    unknown: true,
  }));
}

/** Reports connected registries whose sync scope is unreadable: whether the repositories reach the edge is unknown. */
export function aboutUnknownScopes(findings: Findings, { registry, connectedRegistry }: Onboarding): Problem[] {
  if (!findings.connectedRegistry) return [];
  const chain = [{ name: connectedRegistry, syncScope: findings.syncScope }, ...findings.ancestors];
  return chain
    .filter(({ syncScope }) => syncScope === undefined)
    .map(({ name }) => ({
      code: 'sync-scope-unknown',
      field: 'repositories',
      message: `What ${name} syncs is unknown: it names no sync token whose rights could be read, as one that signs in with a managed identity. The pull check tells whether the repositories reach it.`,
      fix: `Check that it may sync the repositories: ${FIX_COMMANDS.showConnectedRegistry({ registry, connectedRegistry: name })}`,
      unknown: true,
    }));
}

/** Reports facts that Azure's answer lacks, or has with an unknown value. */
export function aboutUnreadFacts(findings: Findings, onboarding: Onboarding): Problem[] {
  const { connectedRegistry: found, slow, token } = findings;
  const { registry, connectedRegistry } = onboarding;
  const show = FIX_COMMANDS.showConnectedRegistry({ registry, connectedRegistry });
  const inactive = found ? [{ ...found, name: connectedRegistry }, ...findings.ancestors] : [];
  const writes = Object.values(onboarding.permissions).some((actions) =>
    actions.some((action) => !READ_ACTIONS.includes(action)),
  );
  const unread: [boolean, string, string, string][] = [
    [
      slow.registry !== undefined && slow.registry.dataEndpointEnabled === undefined,
      'registry',
      `Azure does not say whether the registry ${registry} has dedicated data endpoints.`,
      FIX_COMMANDS.showDataEndpoint({ registry }),
    ],
    ...inactive
      .filter(({ isActive }) => isActive === undefined)
      .map(({ name }): [boolean, string, string, string] => [
        true,
        'connectedRegistry',
        `Azure does not say whether ${name} is active.`,
        show,
      ]),
    [
      writes && found !== undefined && takesWrites(found.mode) === undefined,
      'repositories',
      `Whether clients may write to ${connectedRegistry} is unknown: the app does not know its mode ("${found?.mode ?? ''}").`,
      show,
    ],
    [
      token !== undefined && token.isEnabled === undefined,
      'token',
      `Azure does not say whether the token ${onboarding.token} is enabled.`,
      FIX_COMMANDS.showTokenStatus({ registry, token: onboarding.token }),
    ],
  ];
  return unread.flatMap(([isUnread, field, message, fix]) =>
    isUnread ? [{ code: 'fact-unknown' as const, field, message, fix, unknown: true as const }] : [],
  );
}
