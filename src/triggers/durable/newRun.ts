import { randomBytes } from 'node:crypto';
import type { Config } from '../../settings/config.js';
import type { ClientReference } from '@connected-registry/protocol/names/clientKey';
import { newRunId } from '@connected-registry/protocol/names/operationId';
import { channelOf } from '../../domain/profiles/profiles.js';
import type { Run } from '../../domain/operations/run.js';

/** Who or what requested a run. */
interface RunOrigin {
  /** Who requested it, for the audit: a principal's name, `function-key` or `event`. */
  readonly actor: string;
  /** Hash that is equal for equal requests. */
  readonly fingerprint: string;
  /** Time of the event (ISO 8601), if an event requested it. */
  readonly eventAt?: string;
}

/** Creates a run's input, with all settings that its orchestration needs. */
export function newRun<Request extends object>(
  request: Request,
  origin: RunOrigin,
  config: Pick<Config, 'limits' | 'profileBook'>,
): Run<Request> {
  const now = new Date();
  return {
    run: newRunId(now, randomBytes(4)),
    requestedAt: now.toISOString(),
    ...origin,
    request,
    ...(isAboutClient(request) ? { channel: channelOf(config.profileBook, request) } : {}),
    limits: config.limits,
  };
}

/** A run about several clients, such as a check, notifies no device. */
function isAboutClient(request: object): request is ClientReference {
  return 'registry' in request && 'connectedRegistry' in request && 'client' in request;
}
