import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import type { DurableClient } from 'durable-functions';
import type { SealedDeviceMessages } from '@connected-registry/protocol/answers/answers';
import { sealAnswer } from '@connected-registry/protocol/enrolment/authenticAnswers';
import type { DeviceMessagesAnswer } from '@connected-registry/protocol/enrolment/messages';
import { clientKey, referenceOf } from '@connected-registry/protocol/names/clientKey';
import { admissionOf, channelKeyOf, isOfSigningKey, type DevicePass } from '../../../domain/enrolment/serverPasses.js';
import type { ReportKeys } from '../../../domain/pullCheck/reportKey.js';
import { readClientRecord } from '../../durable/clientRecords.js';
import { joinedWith, noteContact, readJoined } from '../../durable/joinedDevices.js';
import { lookAt } from '../../news/lookAt.js';
import type { ClientNews } from '../../news/clientNews.js';
import { NOT_STORED } from '../answers/notStored.js';
import { waitOf, type LongPolls } from '../requests/longPolls.js';
import { refuseEndedKey, type SignedRequests } from '../requests/signedRequest.js';

/**
 * `GET /api/devices/messages?wait=0..25`: pending messages for the device that signs the request, sealed to its key and
 * signed with its channel key: they carry report keys, by which a proxy that ends TLS, or whoever repeats the request,
 * could report a pull that never was. Nothing is answered unless the key was still the client's current one after it
 * was read. An instance that ends a key ends the request that waits there; elsewhere it ends with its wait, without
 * messages.
 */
export function getDeviceMessages(keys: ReportKeys, requests: SignedRequests, polls: LongPolls) {
  return async (request: HttpRequest, client: DurableClient): Promise<HttpResponseInit> => {
    const signed = await requests.ofDevice(request);
    if ('refusal' in signed) return signed.refusal;
    const given = waitOf(request);
    if ('refusal' in given) return given.refusal;
    const { pass, passText } = signed;
    const key = clientKey(pass.client);
    // Before it takes the place of another request: a key that has ended must not end its successor's.
    const record = await readClientRecord(client, key);
    const before = joinedWith(record, pass);
    if (!before) return refuseEndedKey(pass);
    const limited = requests.limitClient(pass);
    if (limited) return limited.refusal;
    const found = await polls.hold(
      { sender: key, atOnce: 1, wait: given.wait },
      {
        clients: [{ key, look: lookAt(client, pass.client, keys), acknowledged: record.acknowledged }],
        judge: ([news]) => judge(news, pass),
      },
    );
    if ('refusal' in found) return found.refusal;
    if (found.isReplaced) return { status: 204, headers: NOT_STORED };
    // A pass by an older server key ends with that key.
    const admission = isOfSigningKey(keys, passText) ? {} : { admission: admissionOf(keys, pass) };
    const isNew = 'admission' in admission;
    if (!found.value && !isNew) {
      await noteContact(client, pass, before, new Date());
      return { status: 204, headers: NOT_STORED };
    }
    const { joined, messages } = found.value ?? { joined: await readJoined(client, pass), messages: [] };
    if (!joined) return refuseEndedKey(pass);
    await noteContact(client, pass, joined, new Date());
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

/** Messages, and the device whose key was the current one after they were read; without one the key has ended. */
type JudgedPass = Pick<ClientNews, 'messages'> & { readonly joined: ReturnType<typeof joinedWith> };

/** @returns undefined if there is nothing to answer yet */
function judge(news: ClientNews | undefined, pass: DevicePass): JudgedPass | undefined {
  if (!news?.record) return undefined;
  const { messages, record } = news;
  const joined = joinedWith(record, pass);
  return joined && messages.length === 0 ? undefined : { messages, joined };
}
