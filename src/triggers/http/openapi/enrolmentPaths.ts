import { KEY_PROOF_HEADER } from '@connected-registry/protocol/enrolment/messages';
import { enrolmentCsvQuery } from '@connected-registry/protocol/requests/enrolmentCsv';
import { answer, jsonContent, problemAnswers } from './answers.js';
import * as examples from './enrolmentExamples.js';
import { clientKeyParameter } from './inventoryPaths.js';
import { BY_WRITING_OPERATORS, parametersOf } from './parameters.js';

const postEnrolments = {
  operationId: 'postEnrolments',
  tags: ['enrolment'],
  summary: 'Issues join tokens, with which devices join',
  description:
    'A join token lets one device join as one client, once. It is shown only in this answer. A later token of the same client replaces it. All clients are checked before anything is issued; one that has a device with keys of its own, a poller or a credential needs `replace: true`. The body is JSON, about one client or several; or CSV with a header line, as text/csv in UTF-8, with `lifetimeHours` and `addresses` for rows without them as query parameters. The parameters apply to CSV only.',
  parameters: parametersOf(enrolmentCsvQuery),
  requestBody: {
    required: true,
    content: {
      ...jsonContent('EnrolmentRequest', { one: examples.ENROLMENT_REQUEST, several: examples.ENROLMENTS_REQUEST }),
      'text/csv': { schema: { type: 'string' }, examples: { two: { value: examples.ENROLMENT_CSV } } },
    },
  },
  responses: {
    '201': answer(
      'Join tokens. A client whose token could not be confirmed has a `problem` instead: its token is unknown to everybody.',
      'IssuedEnrolments',
      { one: examples.ISSUED, inPart: examples.ISSUED_IN_PART },
      ['Cache-Control'],
    ),
    ...BY_WRITING_OPERATORS,
    ...problemAnswers(['invalid-request', 'enrolment-needs-replace', 'body-too-large', 'engine-slow', 'unavailable']),
  },
};

const deleteEnrolment = {
  operationId: 'deleteEnrolment',
  tags: ['enrolment'],
  summary: 'Withdraws a join token that no device has used',
  description: 'The key of a device that has joined is ended by a revocation or an offboarding.',
  responses: {
    '204': { description: 'The token has ended.' },
    ...BY_WRITING_OPERATORS,
    ...problemAnswers(
      ['client-not-found', 'enrolment-not-found', 'join-token-used', 'engine-slow', 'unavailable'],
      [403],
    ),
  },
};

/** What every request with a device's signature may be answered. */
const BY_SIGNATURE = [
  'invalid-request',
  'device-signature',
  'device-request-replayed',
  'body-too-large',
  'too-many-requests',
] as const;

const postRedemption = {
  operationId: 'postRedemption',
  tags: ['devices'],
  summary: 'Joins with a join token',
  description:
    'Signed with `signingKey`. The pass is the join token without its last part, `crjoin1.{content}.{key id}`; the last part is secret, and is proven by the claim `join` for both keys and the random value of the request. The same key is answered the same again. Another key with the same token is refused, and operators are alerted. 403 and 410 are final; after any other failure the device signs the request again, by the time in `now` if its clock is wrong.',
  security: [{ deviceSignature: [] }],
  requestBody: { required: true, content: jsonContent('DeviceKeys', { edwards: examples.DEVICE_KEYS }) },
  responses: {
    '200': answer(
      'The device has joined: a JWE in compact serialization (dir, A256GCM, by a key from the secret part of the join token) of `{kind: "join", nonce, content}`; `content` is JoinedAnswer.',
      'SealedAnswer',
      { joined: { sealed: 'header..iv.ciphertext.tag' } },
      ['Cache-Control'],
    ),
    ...problemAnswers(
      [
        ...BY_SIGNATURE,
        'join-token-used',
        'join-address',
        'join-token-expired',
        'join-token-unknown',
        'engine-slow',
        'unavailable',
      ],
      [409],
    ),
  },
};

const postDeviceKeys = {
  operationId: 'postDeviceKeys',
  tags: ['devices'],
  summary: "Replaces a device's keys",
  description:
    'Signed with the current key, and with the pass of the device. A second signature, by the new key over the same method, path, body and pass, proves that the device has it. The same request is answered the same again.',
  security: [{ deviceSignature: [] }],
  parameters: [
    {
      name: KEY_PROOF_HEADER,
      in: 'header',
      required: true,
      description: 'of the form of `Authorization`, signed with the new key',
      schema: { type: 'string' },
    },
  ],
  requestBody: { required: true, content: jsonContent('DeviceKeys', { edwards: examples.DEVICE_KEYS }) },
  responses: {
    '200': answer(
      'The new keys are the current ones: a JWE in compact serialization (ECDH-ES+A256KW, A256GCM) to the new sealing key, of a JWS (HS256, by the channel key of the pass) of `{kind: "keys", nonce, content}`; `content` is JoinedAnswer.',
      'SealedAnswer',
      { renewed: { sealed: 'header.encrypted-key.iv.ciphertext.tag' } },
      ['Cache-Control'],
    ),
    ...problemAnswers([...BY_SIGNATURE, 'device-key-ended', 'engine-slow', 'unavailable']),
  },
};

export const enrolmentPaths = {
  '/enrolments': { post: postEnrolments },
  '/enrolments/{key}': { parameters: [clientKeyParameter], delete: deleteEnrolment },
  '/enrolments/redeem': { post: postRedemption },
  '/devices/keys': { post: postDeviceKeys },
};
