import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import type { DurableClient } from 'durable-functions';
import { clientKey } from '@connected-registry/protocol/names/clientKey';
import { audit, logEvent } from '../../../audit/audit.js';
import { isUnused } from '../../../domain/enrolment/enrolment.js';
import { eachOf } from '../../../queries/eachOf.js';
import { errorPlace } from '../../../serviceErrors/errorPlace.js';
import type { Config } from '../../../settings/config.js';
import { readClientRecord } from '../../durable/clientRecords.js';
import { issueJoinToken, withdrawJoinToken } from '../../durable/enrolments.js';
import { problem } from '../answers/problem.js';
import { issuedAnswer, unconfirmedPart, type EnrolmentPart } from '../enrolments/enrolmentAnswers.js';
import { enrolmentBody, type JoinTokenRequest } from '../enrolments/enrolmentBody.js';
import { refuseTakeover } from '../enrolments/replacing.js';
import { CLIENT_KEY, clientNotFound } from './clients.js';

/**
 * `POST /api/enrolments`: issues a join token for each client. A token is shown once, in this answer. Connected
 * registries are not looked up in ARM: a token may be issued before its connected registry is created, gives no access
 * by itself, and the onboarding checks it.
 */
export function postEnrolments(config: Pick<Config, 'registries' | 'reportKeys'>) {
  return async (request: HttpRequest, client: DurableClient, actor: string): Promise<HttpResponseInit> => {
    const body = await enrolmentBody(request, config);
    if ('refusal' in body) return body.refusal;
    const refusal = await refuseTakeover(body.requests, body.places, client);
    if (refusal) return refusal;
    const parts = await eachOf(body.requests, (one) => issue(one, client, actor, config));
    return issuedAnswer(parts);
  };
}

/** One client's failure leaves the others their tokens, which cannot be shown again. */
async function issue(
  { client: reference, replace, ...limits }: JoinTokenRequest,
  client: DurableClient,
  actor: string,
  { reportKeys }: Pick<Config, 'reportKeys'>,
): Promise<EnrolmentPart> {
  const key = clientKey(reference);
  try {
    const issued = await issueJoinToken(client, reference, limits, reportKeys, actor);
    if (issued) {
      audit('enrolment.issue.succeeded', {
        resource: key,
        expiresAt: issued.expiresAt,
        ...(replace ? { reason: 'replace' } : {}),
      });
      return { key, ...reference, ...issued };
    }
  } catch (error) {
    logEvent('enrolment.unexpectedError', errorPlace(error));
  }
  audit('enrolment.issue.failed', { resource: key, reason: 'engine-slow' });
  return { key, ...reference, ...unconfirmedPart() };
}

/** `DELETE /api/enrolments/{key}`: takes back a client's join token that no device has used. */
export async function deleteEnrolment(
  request: HttpRequest,
  client: DurableClient,
  actor: string,
): Promise<HttpResponseInit> {
  const key = request.params['key'] ?? '';
  if (!CLIENT_KEY.test(key)) return clientNotFound(key, 'No client has such a key.');
  const { enrolment, ...before } = await readClientRecord(client, key);
  if (!enrolment) return noEnrolment(key);
  if (!isUnused({ enrolment })) return usedBefore(before.joined !== undefined);
  const { record, isConfirmed } = await withdrawJoinToken(client, key, enrolment.hash, actor);
  if (!isConfirmed) {
    audit('enrolment.withdraw.failed', { resource: key, reason: 'engine-slow' });
    return unconfirmed();
  }
  if (record.enrolment?.hash === enrolment.hash) return usedBefore(record.joined !== undefined);
  audit('enrolment.withdraw.succeeded', { resource: key });
  return { status: 204 };
}

function noEnrolment(key: string): HttpResponseInit {
  audit('enrolment.withdraw.refused', { resource: key, reason: 'enrolment-not-found' });
  return problem({
    status: 404,
    code: 'enrolment-not-found',
    title: 'There is no join token.',
    detail: `Client ${JSON.stringify(key)} has no join token that could be withdrawn.`,
  });
}

function usedBefore(hasDevice: boolean): HttpResponseInit {
  return problem({
    status: 409,
    code: 'join-token-used',
    title: 'A device has used the join token.',
    detail: hasDevice
      ? 'The device has joined, so nothing can be withdrawn. Revoke the client to end its key.'
      : 'The device that used it has no valid key any more.',
  });
}

function unconfirmed(): HttpResponseInit {
  return problem(
    {
      status: 503,
      code: 'engine-slow',
      title: 'The withdrawal could not be confirmed.',
      detail: 'Whether the join token has ended is unknown. Send the same request again.',
    },
    { 'retry-after': '5' },
  );
}
