import type { DurableClient } from 'durable-functions';
import { clientKey, type ClientReference } from '@connected-registry/protocol/names/clientKey';
import { formatOperationId } from '@connected-registry/protocol/names/operationId';
import { toPullCheckRequest } from '../../domain/pullCheck/unsignedPullCheck.js';
import type { CredentialPromoted, PullCheckRequested } from '@connected-registry/protocol/messages/pullCheckMessages';
import { deriveAcknowledgementKey, type ReportKeys } from '../../domain/pullCheck/reportKey.js';
import { promotionEventId, pullCheckEventId, signalEvent } from '@connected-registry/protocol/messages/signalEvent';
import type { NewsLook } from './clientNews.js';
import { readClientRecord } from '../durable/clientRecords.js';
import { hasEnded, readRun, type RunStatus } from '../durable/runStatus.js';

/**
 * Looks once at a client: whether a pull check is open, or a promotion that its device has not acknowledged. The
 * instance is read first and its record, if at all, after it: so the record tells who the client's device was when the
 * messages were read. Most looks find nothing, and take one read.
 */
export function lookAt(client: DurableClient, reference: ClientReference, keys: ReportKeys): NewsLook {
  const instance = clientKey(reference);
  return async ({ acknowledged, needsRecord }) => {
    const found = await readRun(client, instance);
    const now = new Date();
    const { message, promoted } = found ? openMessage(found, reference, keys, now) : NOTHING;
    const isKnown = promoted !== undefined && promoted === acknowledged;
    const changed = found ? { changedAt: Date.parse(found.lastUpdated) } : {};
    if (!needsRecord && (!message || isKnown)) return { messages: [], ...changed };
    const record = await readClientRecord(client, instance);
    const isAnswered = promoted !== undefined && promoted === record.acknowledged;
    return { messages: message && !isAnswered ? [message] : [], record, ...changed };
  };
}

/** A message that is open as far as the run's instance says. */
interface OpenMessage {
  readonly message?: ReturnType<typeof signalEvent> | undefined;
  /** Version of the main secret whose promotion it announces. */
  readonly promoted?: string;
}

const NOTHING: OpenMessage = {};

function openMessage(found: RunStatus, reference: ClientReference, keys: ReportKeys, now: Date): OpenMessage {
  const { run } = found.input;
  const operation = formatOperationId({ instance: found.instance, run });
  const { connectedRegistry, client: device } = reference;
  const of = { operation, run, client: device, connectedRegistry };
  if (!hasEnded(found)) return { message: openCheck(found, of, keys, now) };
  const promotion = openPromotion(found, of, keys, now);
  if (!promotion) return NOTHING;
  const id = promotionEventId(operation);
  return {
    message: signalEvent({ kind: 'credentialPromoted', id, data: promotion }),
    promoted: promotion.secret.version,
  };
}

type About = Pick<PullCheckRequested, 'operation' | 'run' | 'client' | 'connectedRegistry'>;

function openCheck({ progress }: RunStatus, of: About, keys: ReportKeys, now: Date): OpenMessage['message'] {
  const { attempt, expiresAt, reports, request } = progress?.pullCheck ?? {};
  if (attempt === undefined || expiresAt === undefined || !request) return undefined;
  if (reports?.[attempt] !== undefined || new Date(expiresAt) <= now) return undefined;
  const data = toPullCheckRequest({ ...of, attempt, expiresAt, ...request }, keys);
  return signalEvent({ kind: 'pullCheckRequested', id: pullCheckEventId(of.operation, attempt), data });
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
