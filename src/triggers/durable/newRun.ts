import { randomBytes } from 'node:crypto';
import type { Config } from '../../settings/config.js';
import type { ClientReference } from '@connected-registry/protocol/names/clientKey';
import { newRunId } from '@connected-registry/protocol/names/operationId';
import { channelOf } from '../../domain/profiles/profiles.js';
import type { Run } from '../../domain/operations/run.js';

/** What a run's input says besides its request. */
export interface RunOrigin {
  /** Who asked, for the audit: a principal's name, `function-key` or `event`. */
  readonly actor: string;
  /** Equal for requests that ask for the same. */
  readonly fingerprint: string;
  /** An event's own time (ISO 8601). */
  readonly eventAt?: string;
}

/** A run's input; everything that its flow needs to know is decided here. */
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

/** A run over a whole fleet tells no device anything. */
function isAboutClient(request: object): request is ClientReference {
  return 'registry' in request && 'connectedRegistry' in request && 'client' in request;
}
