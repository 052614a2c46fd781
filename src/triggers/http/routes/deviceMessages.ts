import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import type { DurableClient } from 'durable-functions';
import type { PendingAnswer, SealedDeviceMessages } from '@connected-registry/protocol/answers/answers';
import type { SealingKey } from '@connected-registry/protocol/enrolment/deviceKeys';
import type { DeviceMessagesAnswer } from '@connected-registry/protocol/enrolment/messages';
import { seal } from '@connected-registry/protocol/enrolment/sealing';
import { clientKey, referenceOf, type ClientReference } from '@connected-registry/protocol/names/clientKey';
import { devicePass, isOfSigningKey } from '../../../domain/enrolment/serverPasses.js';
import type { ReportKeys } from '../../../domain/pullCheck/reportKey.js';
import { noteContact, readJoined } from '../../durable/joinedDevices.js';
import { pendingSignals } from '../../durable/pendingSignals.js';
import { NOT_STORED } from '../answers/notStored.js';
import { waitOf, type LongPolls } from '../requests/longPolls.js';
import { refuseEndedKey, type SignedRequests } from '../requests/signedRequest.js';

/**
 * `GET /api/devices/messages?wait=0..25`: pending messages for the device that signs the request, sealed to its key: they
 * carry report keys, by which a proxy that ends TLS, or whoever repeats the request, could report a pull that never was. Every
 * read looks whether the key is still the client's current one, so that a revocation ends a request that waits.
 */
export function getDeviceMessages(keys: ReportKeys, requests: SignedRequests, polls: LongPolls) {
  return async (request: HttpRequest, client: DurableClient): Promise<HttpResponseInit> => {
    const signed = await requests.ofDevice(request);
    if ('refusal' in signed) return signed.refusal;
    const given = waitOf(request);
    if ('refusal' in given) return given.refusal;
    const { pass, passText } = signed;
    // Before it takes the place of another request: a key that has ended must not end its successor's.
    if (!(await readJoined(client, pass))) return refuseEndedKey(pass);
    const limited = requests.limitClient(pass);
    if (limited) return limited.refusal;
    const read = async () => {
      // The messages first: what is answered was read while the key was the current one.
      const messages = await pendingSignals(client, pass.client, keys, new Date());
      const joined = await readJoined(client, pass);
      return joined && { joined, messages };
    };
    const waiting = { sender: clientKey(pass.client), atOnce: 1, wait: given.wait };
    const found = await polls.hold(waiting, read, (value) => value?.messages.length !== 0);
    if ('refusal' in found) return found.refusal;
    if ('isReplaced' in found) return { status: 204, headers: NOT_STORED };
    if (!found.value) return refuseEndedKey(pass);
    const { joined, messages } = found.value;
    await noteContact(client, pass, joined, new Date());
    // A pass by an older server key ends with that key.
    const answer: DeviceMessagesAnswer = {
      ...(messages.length === 0 ? {} : { sealed: await sealMessages(messages, pass.client, joined.keys.sealing) }),
      ...(isOfSigningKey(keys, passText) ? {} : { pass: devicePass(keys, pass) }),
    };
    if (Object.keys(answer).length === 0) return { status: 204, headers: NOT_STORED };
    return { status: 200, headers: NOT_STORED, jsonBody: answer };
  };
}

async function sealMessages(
  messages: PendingAnswer['messages'],
  client: ClientReference,
  key: SealingKey,
): Promise<string> {
  const sealed: SealedDeviceMessages = { ...referenceOf(client), time: new Date().toISOString(), messages };
  return seal(JSON.stringify(sealed), key);
}
