import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import type { DurableClient } from 'durable-functions';
import { thumbprintOf } from '@connected-registry/protocol/enrolment/deviceKeys';
import { sealAnswer } from '@connected-registry/protocol/enrolment/authenticAnswers';
import { KEY_PROOF_HEADER, type SealedAnswer } from '@connected-registry/protocol/enrolment/messages';
import {
  isBodyOf,
  readSignature,
  signerOf,
  verifySignature,
} from '@connected-registry/protocol/enrolment/signedRequests';
import { clientKey } from '@connected-registry/protocol/names/clientKey';
import { audit } from '../../../audit/audit.js';
import { judgeRenewal, type KeyRenewal } from '../../../domain/enrolment/enrolment.js';
import { channelKeyOf, type DevicePass } from '../../../domain/enrolment/serverPasses.js';
import { decidedAfter } from '../../../domain/times/decidedAfter.js';
import type { Config } from '../../../settings/config.js';
import { readClientRecord } from '../../durable/clientRecords.js';
import { renewDeviceKeys } from '../../durable/enrolments.js';
import { NOT_STORED } from '../answers/notStored.js';
import { joinedAs } from '../enrolments/joinedAs.js';
import { invalidKeys, readDeviceKeys } from '../enrolments/readDeviceKeys.js';
import { notConfirmed } from '../enrolments/enrolmentAnswers.js';
import { deviceKeyEnded, pathOf, type SignedRequests } from '../requests/signedRequest.js';

/**
 * `POST /api/devices/keys`: a device replaces its keys. The request is signed with the old key, and the header
 * `device-key-proof` with the new one, so that nobody can register a key that is not theirs. A repetition is answered
 * the same.
 * @param requests authenticates signed requests
 */
export function postDeviceKeys(config: Pick<Config, 'reportKeys'>, requests: SignedRequests) {
  return async (request: HttpRequest, client: DurableClient): Promise<HttpResponseInit> => {
    const signed = await requests.ofDevice(request);
    if ('refusal' in signed) return signed.refusal;
    const { pass, passText, thumbprint: from, body } = signed;
    const key = clientKey(pass.client);
    const given = await readDeviceKeys(body);
    if ('refusal' in given) return refuse(key, 'invalid-request', given.refusal);
    const { keys } = given;
    const thumbprint = await thumbprintOf(keys.signing);
    if (thumbprint === from) return refuse(key, 'invalid-request', notNew());
    const isProven = await proves(request, { body, passText, thumbprint });
    if (!isProven) return refuse(key, 'invalid-request', notProven());
    const refusal = await renew(client, pass, { from, keys, thumbprint });
    if (refusal) return refusal;
    // To the new key, which the device has proven; signed with the channel key of the pass that it has sent.
    const answered = joinedAs(config.reportKeys, pass.client, thumbprint);
    const channelKey = channelKeyOf(config.reportKeys, passText);
    const sealed = await sealAnswer(answered, 'keys', { sealingKey: keys.sealing, channelKey, nonce: signed.nonce });
    return { status: 200, headers: NOT_STORED, jsonBody: { sealed } satisfies SealedAnswer };
  };

  /** @returns the refusal, if the new keys are not the current ones */
  async function renew(
    client: DurableClient,
    pass: DevicePass,
    given: Omit<KeyRenewal, 'at'>,
  ): Promise<HttpResponseInit | undefined> {
    const key = clientKey(pass.client);
    const record = await readClientRecord(client, key);
    const first = judgeRenewal(record, given);
    // The record ignores renewals from before the current keys, and another host, whose clock is ahead, may have set
    // these.
    const renewal = { ...given, at: decidedAfter(record.joined?.keysSince, new Date().toISOString()) };
    const limited = first === 'refused' ? undefined : requests.limitClient(pass);
    if (limited) return limited.refusal;
    const { verdict } = first === 'open' ? await renewDeviceKeys(client, key, renewal) : { verdict: first };
    if (verdict === 'refused') return refuse(key, 'device-key-ended', deviceKeyEnded());
    if (verdict === 'open') return refuse(key, 'engine-slow', notConfirmed('renewal'));
    const { thumbprint } = renewal;
    audit('device.renewKeys.succeeded', {
      resource: key,
      thumbprint,
      reason: first === 'renewed' ? 'repeated' : 'renewed',
    });
    return undefined;
  }
}

/** Whether the new key has signed the same request with the same pass. */
async function proves(
  request: HttpRequest,
  { body, passText, thumbprint }: { readonly body: string; readonly passText: string; readonly thumbprint: string },
): Promise<boolean> {
  const proof = readSignature(request.headers.get(KEY_PROOF_HEADER));
  if (!proof || proof.pass !== passText || !isBodyOf(proof, body)) return false;
  if ((await signerOf(proof)) !== thumbprint) return false;
  return (await verifySignature(proof, { method: request.method, path: pathOf(request) }, new Date())) === undefined;
}

function refuse(key: string, reason: string, answer: HttpResponseInit): HttpResponseInit {
  audit('device.renewKeys.refused', { resource: key, reason });
  return answer;
}

function notNew(): HttpResponseInit {
  return invalidKeys([{ field: 'signingKey', message: 'is the current key', fix: 'Make a new key pair.' }]);
}

function notProven(): HttpResponseInit {
  return invalidKeys([
    {
      field: KEY_PROOF_HEADER,
      message: 'does not prove that the device has signingKey',
      fix: 'Sign the same method, path, body and pass with signingKey, and send it as this header.',
    },
  ]);
}
