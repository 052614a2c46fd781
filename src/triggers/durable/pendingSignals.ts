import type { DurableClient } from 'durable-functions';
import { clientKey, type ClientReference } from '@connected-registry/protocol/names/clientKey';
import { formatOperationId } from '@connected-registry/protocol/names/operationId';
import { toPullCheckRequest } from '../../domain/pullCheck/unsignedPullCheck.js';
import type { CredentialPromoted, PullCheckRequested } from '@connected-registry/protocol/messages/pullCheckMessages';
import { deriveAcknowledgementKey, type ReportKeys } from '../../domain/pullCheck/reportKey.js';
import {
  promotionEventId,
  pullCheckEventId,
  signalEvent,
  type Signal,
} from '@connected-registry/protocol/messages/signalEvent';
import { readClientRecord } from './clientRecords.js';
import { hasEnded, readRun, type RunStatus } from './runStatus.js';

/** Messages that a device has not answered yet: an open pull check, or a promotion that it has not acknowledged. */
export async function pendingSignals(
  client: DurableClient,
  reference: ClientReference,
  keys: ReportKeys,
  now: Date,
): Promise<ReturnType<typeof signalEvent>[]> {
  const instance = clientKey(reference);
  const found = await readRun(client, instance);
  if (!found) return [];
  const operation = formatOperationId({ instance, run: found.input.run });
  const { connectedRegistry, client: device } = reference;
  const of = { operation, run: found.input.run, client: device, connectedRegistry };
  if (!hasEnded(found)) return openCheck(found, of, keys, now).map(signalEvent);
  const promotion = openPromotion(found, of, keys, now);
  if (!promotion) return [];
  const { acknowledged } = await readClientRecord(client, instance);
  return acknowledged === promotion.secret.version
    ? []
    : [signalEvent({ kind: 'credentialPromoted', id: promotionEventId(operation), data: promotion })];
}

type About = Pick<PullCheckRequested, 'operation' | 'run' | 'client' | 'connectedRegistry'>;

function openCheck({ progress }: RunStatus, of: About, keys: ReportKeys, now: Date): Signal[] {
  const { attempt, expiresAt, reports, request } = progress?.pullCheck ?? {};
  if (attempt === undefined || expiresAt === undefined || !request) return [];
  if (reports?.[attempt] !== undefined || new Date(expiresAt) <= now) return [];
  const data = toPullCheckRequest({ ...of, attempt, expiresAt, ...request }, keys);
  return [{ kind: 'pullCheckRequested', id: pullCheckEventId(of.operation, attempt), data }];
}

/** A promotion is offered while the previous password is sure to work. Later, the agent's own refresh has found it. */
function openPromotion(
  { outcome, input }: RunStatus,
  of: About,
  { signing }: ReportKeys,
  now: Date,
): (CredentialPromoted & { readonly expiresAt: string }) | undefined {
  const { result, endedAt } = outcome ?? {};
  if (!result || endedAt === undefined || !('secret' in result)) return undefined;
  const expires = new Date(new Date(endedAt).getTime() + input.limits.overlapSeconds * 1000);
  const isOld = 'changed' in result && !result.changed;
  if (isOld || expires <= now) return undefined;
  const { name, version } = result.secret;
  const expiresAt = expires.toISOString();
  const reportKey = deriveAcknowledgementKey(signing, { operation: of.operation, expiresAt });
  return { ...of, secret: { name, version }, keyId: signing.id, reportKey, expiresAt };
}
