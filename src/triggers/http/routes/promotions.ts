import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import type { DurableClient } from 'durable-functions';
import type { ReportAnswer } from '@connected-registry/protocol/answers/answers';
import {
  ACKNOWLEDGEMENT_FIELDS,
  promotionAcknowledgement,
} from '@connected-registry/protocol/messages/pullCheckMessages';
import {
  verifyAcknowledgementKey,
  verifyAcknowledgementMac,
  type ReportKeys,
} from '../../../domain/pullCheck/reportKey.js';
import { isEarlierAcknowledgement } from '../../../domain/clients/acknowledgement.js';
import { audit } from '../../../audit/audit.js';
import { readClientRecord, notifyClientRecord } from '../../durable/clientRecords.js';
import { isInClear, type DeviceCredential } from '../requests/deviceKey.js';
import { deviceMessages } from '../requests/deviceMessage.js';
import { problem } from '../answers/problem.js';

/**
 * `POST /api/promotions/{operation}`: a device acknowledges that its consumers have the promoted credential, so that
 * the previous one may be revoked. A MAC by the promotion's derived key authenticates it, or that key itself, and is
 * verified before anything is read. The client's record keeps the acknowledgement, since the run that promoted has
 * ended by then.
 */
export function postPromotion(keys: ReportKeys) {
  const read = deviceMessages({
    schema: promotionAcknowledgement,
    fields: ACKNOWLEDGEMENT_FIELDS,
    consequence: 'The acknowledgement was not accepted.',
    refusal: 'promotion.acknowledge.refused',
  });
  return async (request: HttpRequest, client: DurableClient): Promise<HttpResponseInit> => {
    const message = await read(request, client, (credential, operation) => isAuthentic(credential, keys, operation));
    if ('refusal' in message) return message.refusal;
    const { operation, id, refused } = message;
    const { expiresAt } = message.credential;
    if (new Date(expiresAt) <= new Date()) {
      refused('expired');
      return problem({
        status: 410,
        code: 'acknowledgement-expired',
        title: 'The acknowledgement is too late.',
        detail: 'It has expired: the previous password is revoked without it.',
      });
    }
    const { version } = message.body;
    const record = await readClientRecord(client, id.instance);
    if (record.acknowledged === version || isEarlierAcknowledgement(record, operation))
      return { status: 200, jsonBody: { status: 'accepted before' } satisfies ReportAnswer };
    await notifyClientRecord(client, id.instance, 'acknowledge', { version, by: { operation, actor: 'device' } });
    audit('promotion.acknowledge.succeeded', { resource: id.instance, operation });
    return { status: 202, jsonBody: { status: 'accepted' } satisfies ReportAnswer };
  };
}

function isAuthentic(credential: DeviceCredential, keys: ReportKeys, operation: string): boolean {
  if (!isInClear(credential)) return verifyAcknowledgementMac(keys, credential, { operation });
  const { keyId, reportKey, expiresAt } = credential;
  return verifyAcknowledgementKey(keys, keyId, reportKey, { operation, expiresAt });
}
