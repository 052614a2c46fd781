import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import type { DurableClient } from 'durable-functions';
import type { SealedDeviceMessages } from '@connected-registry/protocol/answers/answers';
import { sealAnswer } from '@connected-registry/protocol/enrolment/authenticAnswers';
import type { DeviceMessagesAnswer } from '@connected-registry/protocol/enrolment/messages';
import { clientKey, referenceOf } from '@connected-registry/protocol/names/clientKey';
import { admissionOf, channelKeyOf, isOfSigningKey } from '../../../domain/enrolment/serverPasses.js';
import type { ReportKeys } from '../../../domain/pullCheck/reportKey.js';
import { noteContact, readJoined } from '../../durable/joinedDevices.js';
import { pendingSignals } from '../../durable/pendingSignals.js';
import { NOT_STORED } from '../answers/notStored.js';
import { waitOf, type LongPolls } from '../requests/longPolls.js';
import { refuseEndedKey, type SignedRequests } from '../requests/signedRequest.js';

/**
 * `GET /api/devices/messages?wait=0..25`: pending messages for the device that signs the request, sealed to its key and
 * signed with its channel key: they carry report keys, by which a proxy that ends TLS, or whoever repeats the request,
 * could report a pull that never was. Every read looks whether the key is still the client's current one, so that a
 * revocation ends a request that waits.
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
    const admission = isOfSigningKey(keys, passText) ? {} : { admission: admissionOf(keys, pass) };
    if (messages.length === 0 && !('admission' in admission)) return { status: 204, headers: NOT_STORED };
    const plain: SealedDeviceMessages = {
      ...referenceOf(pass.client),
      time: new Date().toISOString(),
      messages,
      ...admission,
    };
    const channelKey = channelKeyOf(keys, passText);
    const channel = { sealingKey: joined.keys.sealing, channelKey, nonce: signed.nonce };
    const answer: DeviceMessagesAnswer = { sealed: await sealAnswer(plain, 'messages', channel) };
    return { status: 200, headers: NOT_STORED, jsonBody: answer };
  };
}
