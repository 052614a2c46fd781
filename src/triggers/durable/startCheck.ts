import type { DurableClient } from 'durable-functions';
import type { Config } from '../../settings/config.js';
import { CHECK, checkFingerprint, checkInstance } from '../../domain/check/checkRun.js';
import type { ClientReference } from '@connected-registry/protocol/names/clientKey';
import type { StartResult } from '../../ports/runs.js';
import { auditStart } from './auditStart.js';
import { noteLostEndOf } from './lostEnds.js';
import { newRun } from './newRun.js';
import { startRun } from './startRun.js';

/** Starts a check of these clients, or of all. A check of all attaches to a running one. */
export async function startCheck(
  client: DurableClient,
  config: Pick<Config, 'limits' | 'profileBook' | 'registries'>,
  actor: string,
  clients?: readonly ClientReference[],
): Promise<StartResult> {
  const registries = config.registries.map(({ name }) => name);
  const request = clients ? { clients, registries } : { registries };
  const run = newRun(request, { actor, fingerprint: checkFingerprint(request) }, config);
  const instance = checkInstance(run);
  if (!clients) await noteLostEndOf(client, instance);
  const result = await startRun(client, CHECK, instance, run);
  auditStart(result, instance);
  return result;
}
