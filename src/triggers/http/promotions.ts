import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import type { DurableClient } from 'durable-functions';
import type { ReportAnswer } from '../../domain/answers.js';
import { parseOperationId } from '../../domain/operationId.js';
import { ACKNOWLEDGEMENT_FIELDS, promotionAcknowledgement } from '../../domain/pullCheckMessages.js';
import { verifyAcknowledgementKey, type ReportKeys } from '../../domain/reportKey.js';
import { audit } from '../../ports/audit.js';
import { readClientRecord, tellClientRecord } from '../durable/clientRecords.js';
import { deviceBody, deviceKey, wrongDeviceKey } from './deviceKey.js';
import { fieldErrors, invalidRequest, problem } from './problem.js';
import { MOST_OF_ONE_OPERATION, RateLimit } from './rateLimit.js';
import { tooManyRequests } from './tooManyRequests.js';

/**
 * `POST /api/promotions/{operation}`: the device's consumers have the promoted credential, so the one before may go. The
 * promotion's derived key is all that admits it, and it is looked at before anything is read. It is remembered at the
 * client, since the run that promoted has ended by then.
 */
export function postPromotion(keys: ReportKeys) {
  const byOperation = new RateLimit(MOST_OF_ONE_OPERATION);
  return async (request: HttpRequest, client: DurableClient): Promise<HttpResponseInit> => {
    const operation = request.params['operation'] ?? '';
    const id = parseOperationId(operation);
    const refused = (reason: string) =>
      audit('promotion.acknowledge.refused', { resource: operation.slice(0, 128), reason });
    const key = deviceKey(request);
    const { expiresAt = '' } = key ?? {};
    if (!id || !key || !verifyAcknowledgementKey(keys, key.keyId, key.reportKey, { operation, expiresAt })) {
      refused('report-key');
      return wrongDeviceKey();
    }
    const repetition = byOperation.take(operation, Date.now());
    if (repetition !== undefined) {
      refused('too-many-requests');
      return tooManyRequests(repetition);
    }
    const body = await deviceBody(request, key);
    if ('refusal' in body) {
      refused(`status-${body.refusal.status ?? 0}`);
      return body.refusal;
    }
    const parsed = promotionAcknowledgement.safeParse(body.value, { reportInput: true });
    if (!parsed.success) {
      refused('invalid-request');
      return invalidRequest(fieldErrors(parsed.error, ACKNOWLEDGEMENT_FIELDS), 'The acknowledgement does not count.');
    }
    if (new Date(expiresAt) <= new Date()) {
      refused('expired');
      return problem({
        status: 410,
        code: 'acknowledgement-expired',
        title: 'The acknowledgement is of no use any more.',
        detail: 'It came too late: the password before is not waited for any longer.',
      });
    }
    const { version } = parsed.data;
    const { acknowledged } = await readClientRecord(client, id.instance);
    if (acknowledged === version)
      return { status: 200, jsonBody: { status: 'accepted before' } satisfies ReportAnswer };
    await tellClientRecord(client, id.instance, 'acknowledge', { version, by: { operation, actor: 'device' } });
    audit('promotion.acknowledge.succeeded', { resource: id.instance, operation });
    return { status: 202, jsonBody: { status: 'accepted' } satisfies ReportAnswer };
  };
}
