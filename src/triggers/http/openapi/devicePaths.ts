import { MAX_WAIT_SECONDS } from '../requests/longPolls.js';
import { deviceSecretQuery } from '../routes/deviceSecrets.js';
import { answer, headers, problemAnswers } from './answers.js';
import { parametersOf } from './parameters.js';

/** The parameter of routes where a device waits for messages. */
export const waitParameter = {
  name: 'wait',
  in: 'query',
  description: 'maximum seconds to wait if there is no message',
  schema: { type: 'integer', minimum: 0, maximum: MAX_WAIT_SECONDS, default: 0 },
};

const getDeviceMessages = {
  operationId: 'getDeviceMessages',
  tags: ['devices'],
  summary: 'Returns pending messages for a device that has joined',
  description:
    'Messages carry report keys, so they are encrypted to the sealing key of the device. They are signed with its channel key, together with the random value of the request, so that nobody else can answer. 204 is not signed, and means that there is nothing now. A message is returned until a report or an acknowledgement answers it, so it may be repeated. A request that waits gets no message once the key of the device has ended.',
  security: [{ deviceSignature: [] }],
  parameters: [waitParameter],
  responses: {
    '200': answer(
      'A JWE in compact serialization (ECDH-ES+A256KW, A256GCM) of a JWS (HS256, by the channel key) of `{kind: "messages", nonce, content}`; `content` is SealedMessages.',
      'DeviceMessagesAnswer',
      {
        messages: { sealed: 'header.encrypted-key.iv.ciphertext.tag' },
      },
      ['Cache-Control'],
    ),
    '204': { description: 'None.', ...headers(['Cache-Control']) },
    ...problemAnswers([
      'invalid-request',
      'device-signature',
      'device-request-replayed',
      'device-key-ended',
      'too-many-requests',
      'unavailable',
    ]),
  },
};

const getDeviceSecrets = {
  operationId: 'getDeviceSecrets',
  tags: ['devices'],
  summary: "Returns one of the client's two secrets, sealed to the key of its device",
  description:
    'The secret, or its candidate, as messages name them. It is read from the vault for each request and encrypted to the sealing key of the device, and signed with its channel key, so that nobody else can read or make the answer.',
  security: [{ deviceSignature: [] }],
  parameters: parametersOf(deviceSecretQuery),
  responses: {
    '200': answer(
      'A JWE in compact serialization (ECDH-ES+A256KW, A256GCM) of a JWS (HS256, by the channel key) of `{kind: "secret", nonce, content}`; `content` is a SealedSecret.',
      'SealedAnswer',
      { candidate: { sealed: 'header.encrypted-key.iv.ciphertext.tag' } },
      ['Cache-Control'],
    ),
    ...problemAnswers([
      'invalid-request',
      'device-signature',
      'device-request-replayed',
      'device-key-ended',
      'secret-missing',
      'too-many-requests',
      'service-error',
      'unavailable',
    ]),
  },
};

/** The routes of devices that have joined, by path under the server's URL. */
export const devicePaths = {
  '/devices/messages': { get: getDeviceMessages },
  '/devices/secrets': { get: getDeviceSecrets },
};
