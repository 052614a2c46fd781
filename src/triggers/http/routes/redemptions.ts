import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import type { DurableClient } from 'durable-functions';
import { inEnvelope } from '@connected-registry/protocol/enrolment/authenticAnswers';
import { thumbprintOf } from '@connected-registry/protocol/enrolment/deviceKeys';
import { sealToJoiner } from '@connected-registry/protocol/enrolment/joinToken';
import type { SealedAnswer } from '@connected-registry/protocol/enrolment/messages';
import type { EnrolmentRefused } from '@connected-registry/protocol/messages/operatorAlerts';
import { clientKey, referenceOf, type ClientReference } from '@connected-registry/protocol/names/clientKey';
import { audit } from '../../../audit/audit.js';
import type { ClientRecord } from '../../../domain/clients/clientRecord.js';
import { isAmong } from '../../../domain/enrolment/addresses.js';
import { judgeRedemption, type Redemption, type RedemptionVerdict } from '../../../domain/enrolment/enrolment.js';
import type { OperatorAlerts } from '../../../ports/operatorAlerts.js';
import type { Config } from '../../../settings/config.js';
import { readClientRecord } from '../../durable/clientRecords.js';
import { redeemJoinToken } from '../../durable/enrolments.js';
import { problem } from '../answers/problem.js';
import { invalidKeys, readDeviceKeys } from '../enrolments/readDeviceKeys.js';
import { NOT_STORED } from '../answers/notStored.js';
import { notConfirmed } from '../enrolments/enrolmentAnswers.js';
import { joinedAs } from '../enrolments/joinedAs.js';
import { onboardOnJoin } from '../enrolments/onboardOnJoin.js';
import { RefusedEnrolments } from '../enrolments/refusedEnrolments.js';
import { callerAddress } from '../requests/rateLimit.js';
import type { SignedRequests } from '../requests/signedRequest.js';

type RedemptionSettings = Pick<Config, 'reportKeys' | 'profileBook' | 'lifetimes' | 'limits'>;

/** A redemption whose join token and signature are authentic. */
interface Redeeming {
  readonly reference: ClientReference;
  /** The client's key. */
  readonly key: string;
  readonly redemption: Redemption;
  /** Address of the caller. */
  readonly address: string;
  /** The part of the join token that was not sent. */
  readonly secret: string;
  /** The request's random value. */
  readonly nonce: string;
}

/**
 * `POST /api/enrolments/redeem`: a device presents its join token, and joins with its keys. The same key is answered
 * the same again, since a reply can get lost; another key is refused, and operators are alerted: a copy of the token is
 * about.
 * @param requests authenticates signed requests
 */
export function postRedemption(
  config: RedemptionSettings,
  requests: SignedRequests,
  alerts: Pick<OperatorAlerts, 'enrolmentRefused'>,
) {
  const refusedEnrolments = new RefusedEnrolments(alerts);
  return async (request: HttpRequest, client: DurableClient): Promise<HttpResponseInit> => {
    const signed = await requests.ofJoiner(request);
    if ('refusal' in signed) return signed.refusal;
    const { client: reference, hash, secret, sealing } = signed.pass;
    const key = clientKey(reference);
    const given = await readDeviceKeys(signed.body);
    if ('refusal' in given) return refuse(key, 'invalid-request', given.refusal);
    const { keys } = given;
    const { thumbprint } = signed;
    if ((await thumbprintOf(keys.signing)) !== thumbprint) return refuse(key, 'invalid-request', otherSigner());
    if ((await thumbprintOf(keys.sealing)) !== sealing) return refuse(key, 'invalid-request', otherSealing());
    const redemption = { hash, keys, thumbprint, at: new Date().toISOString() };
    const address = callerAddress(request.headers.get('x-forwarded-for'));
    return redeem({ reference, key, redemption, address, secret, nonce: signed.nonce }, client);
  };

  async function redeem(redeeming: Redeeming, client: DurableClient): Promise<HttpResponseInit> {
    const { key, redemption, address } = redeeming;
    const before = await readClientRecord(client, key);
    const first = judgeRedemption(before, redemption);
    // Only an open token has addresses to keep. A device that has joined may have moved: its key proves that it is the
    // same.
    if (first === 'open' && !isAllowed(before, address)) {
      await alert(redeeming, 'address');
      return refuse(key, 'join-address', wrongAddress());
    }
    const { verdict, record } =
      first === 'open' ? await redeemJoinToken(client, key, redemption) : { verdict: first, record: before };
    if (verdict !== 'joined') return refused(verdict, redeeming);
    const { thumbprint } = redemption;
    audit('enrolment.redeem.succeeded', {
      resource: key,
      thumbprint,
      reason: first === 'joined' ? 'repeated' : 'joined',
    });
    const { joinedAt = redemption.at } = record.joined ?? {};
    const started = await onboardOnJoin(client, redeeming.reference, joinedAt, config);
    // The device repeats its redemption, which starts the onboarding then.
    if (started?.kind === 'unknown') return refuse(key, 'engine-slow', notConfirmed('redemption'));
    const { secret, nonce } = redeeming;
    const answer = joinedAs(config.reportKeys, redeeming.reference, thumbprint);
    const sealed = await sealToJoiner(inEnvelope(answer, { kind: 'join', nonce }), secret);
    return { status: 200, headers: NOT_STORED, jsonBody: { sealed } satisfies SealedAnswer };
  }

  async function refused(
    verdict: Exclude<RedemptionVerdict, 'joined'>,
    redeeming: Redeeming,
  ): Promise<HttpResponseInit> {
    const { key } = redeeming;
    switch (verdict) {
      case 'open':
        return refuse(key, 'engine-slow', notConfirmed('redemption'));
      case 'used':
        await alert(redeeming, 'used');
        return refuse(key, 'join-token-used', usedByAnother());
      case 'expired':
        return refuse(key, 'join-token-expired', expired());
      case 'unknown':
        return refuse(key, 'join-token-unknown', unknown());
    }
  }

  function alert({ reference, redemption, address }: Redeeming, reason: EnrolmentRefused['reason']): Promise<void> {
    const { hash, thumbprint, at: refusedAt } = redemption;
    return refusedEnrolments.alert(hash, { ...referenceOf(reference), reason, thumbprint, address, refusedAt });
  }
}

function isAllowed({ enrolment }: ClientRecord, address: string): boolean {
  return enrolment?.addresses === undefined || isAmong(enrolment.addresses, address);
}

function refuse(key: string, reason: string, answer: HttpResponseInit): HttpResponseInit {
  audit('enrolment.redeem.refused', { resource: key, reason });
  return answer;
}

function otherSigner(): HttpResponseInit {
  return invalidKeys([
    { field: 'signingKey', message: 'is not the key that signed the request', fix: 'Sign with this key.' },
  ]);
}

function otherSealing(): HttpResponseInit {
  return invalidKeys([
    { field: 'sealingKey', message: 'is not the key of the proof', fix: 'Prove the join token for this key.' },
  ]);
}

function wrongAddress(): HttpResponseInit {
  return problem({
    status: 403,
    code: 'join-address',
    title: 'The join token may not be used from this address.',
    detail: 'An operator has limited it to other addresses. The token is still open there.',
  });
}

function usedByAnother(): HttpResponseInit {
  return problem({
    status: 403,
    code: 'join-token-used',
    title: 'The join token was used by another key.',
    detail: 'A join token has one use. Ask an operator for another one. Operators were alerted.',
  });
}

function expired(): HttpResponseInit {
  return problem({
    status: 410,
    code: 'join-token-expired',
    title: 'The join token has expired.',
    detail: 'It was not used in time. Ask an operator for another one.',
  });
}

function unknown(): HttpResponseInit {
  return problem({
    status: 410,
    code: 'join-token-unknown',
    title: 'The join token has ended.',
    detail:
      'It was withdrawn or replaced by another one, or the client was revoked or offboarded. Ask an operator for another one.',
  });
}
