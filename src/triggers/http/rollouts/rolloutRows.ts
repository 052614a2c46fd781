import type { z } from 'zod';
import { clientKey } from '@connected-registry/protocol/names/clientKey';
import { toActions } from '@connected-registry/protocol/names/permissions';
import { toReference } from '@connected-registry/protocol/requests/clientsRequest';
import { lifetimeFault } from '@connected-registry/protocol/requests/lifetimes';
import { toOnboarding, type Onboarding } from '@connected-registry/protocol/requests/onboardingRequest';
import {
  onboardingRow,
  parseRow,
  referenceRow,
  ROLLOUT_FIELDS,
  type RolloutKind,
} from '@connected-registry/protocol/requests/rolloutRequest';
import type { RolloutRequest } from '../../../domain/rollouts/rollout.js';
import type { Config } from '../../../settings/config.js';
import { findRegistry } from '../../../settings/registries.js';
import { fieldErrors } from '../answers/problem.js';
import { unknownRegistry } from '../requests/clientsBody.js';
import type { RowFaults } from './rowFaults.js';

type RolloutRowSettings = Pick<Config, 'registries' | 'lifetimes' | 'caps'>;

/**
 * Checks each row alone and against the others: fields, registries, lifetimes, permissions, and what is named twice.
 * @param given the rows as they were sent
 * @param defaults fields that apply to each row without them
 * @param faults collects what is wrong; with any, the result is incomplete
 */
export function checkRows(
  kind: RolloutKind,
  given: readonly unknown[],
  defaults: object,
  config: RolloutRowSettings,
  faults: RowFaults,
): RolloutRequest[] {
  const requests: RolloutRequest[] = [];
  const clients = new Set<string>();
  const tokens = new Set<string>();
  for (const [index, item] of given.entries()) {
    const parsed = parseRow(kind, item, defaults);
    if (!parsed.success) {
      const schema = kind === 'onboard' ? onboardingRow : referenceRow;
      for (const error of fieldErrors(parsed.error, ROLLOUT_FIELDS, schema)) faults.add(index, error);
      continue;
    }
    const request = toRequest(kind, parsed.data, config);
    for (const error of settingFaults(request, parsed.data, config)) faults.add(index, error);
    if (!isNew(clients, clientKey(request)))
      faults.add(index, { field: 'client', message: 'is named twice', fix: 'Send each client once.' });
    else if (isOnboarding(request) && !isNew(tokens, `${request.registry} ${request.token}`.toLowerCase()))
      faults.add(index, {
        field: 'token',
        message: 'is the token of another row',
        fix: 'Leave it out, or name another: a token belongs to one client.',
      });
    requests.push(request);
  }
  return requests;
}

type Row = z.infer<typeof onboardingRow> | z.infer<typeof referenceRow>;

function toRequest(kind: RolloutKind, row: Row, config: RolloutRowSettings): RolloutRequest {
  const registry = config.registries[0].name;
  return kind === 'onboard' && 'repositories' in row
    ? toOnboarding(row, registry, config.lifetimes.defaultDays)
    : toReference(row, registry);
}

function settingFaults(request: RolloutRequest, row: Row, config: RolloutRowSettings) {
  const lifetime =
    'credentialLifetimeDays' in row ? lifetimeFault(row.credentialLifetimeDays, config.lifetimes) : undefined;
  const max = config.caps.permissionsPerScopeMap;
  const permissions = isOnboarding(request) ? toActions(request.permissions).length : 0;
  return [
    ...(findRegistry(config, request.registry) ? [] : [unknownRegistry('registry', config)]),
    ...(lifetime ? [lifetime] : []),
    ...(permissions <= max
      ? []
      : [
          {
            field: 'repositories',
            message: `are ${permissions} permissions`,
            fix: `A scope map may have at most ${max} (PERMISSIONS_PER_SCOPE_MAP).`,
          },
        ]),
  ];
}

/** Whether a request is an onboarding, and not a reference alone. */
export function isOnboarding(request: RolloutRequest): request is Onboarding {
  return 'permissions' in request;
}

function isNew(seen: Set<string>, key: string): boolean {
  if (seen.has(key)) return false;
  seen.add(key);
  return true;
}
