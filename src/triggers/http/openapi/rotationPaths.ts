import { MAX_SCHEDULED, SCHEDULE_QUERY_FIELDS } from '@connected-registry/protocol/requests/scheduleQuery';
import { answer, jsonContent, problemAnswers } from './answers.js';
import { BY_OPERATORS, BY_WRITING_OPERATORS, idParameter } from './parameters.js';
import * as examples from './rotationExamples.js';

const postRotations = {
  operationId: 'postRotations',
  tags: ['rotation'],
  summary: 'Rotates the credentials of clients, or plans it',
  description:
    "Each client has its own run, which generates the token's other password, verifies it by a pull, and then promotes it. The previous password stays usable until the device acknowledges or the overlap ends. With `urgent`, the password in use is replaced at once and the other one cleared, so the client has no access until it has the new one; a running operation of the client is asked to stop first. Without `urgent`, a client with a running operation gets a problem in its part of the answer.",
  requestBody: {
    required: true,
    content: jsonContent('RotationRequest', {
      two: examples.TWO_CLIENTS,
      leaked: examples.LEAKED,
      dryRun: { ...examples.LEAKED, dryRun: true },
    }),
  },
  responses: {
    '200': answer('The answer to `dryRun`: what the rotations would do. Nothing was written.', 'RotationDryRunAnswer', {
      leaked: examples.DRY_RUN,
    }),
    '202': answer(
      'One part for each client: its operation, or the problem that prevented its start.',
      'StartedOperations',
      {
        started: examples.STARTED,
      },
      ['Retry-After'],
    ),
    ...BY_WRITING_OPERATORS,
    ...problemAnswers(['invalid-request', 'body-too-large', 'service-error', 'unavailable']),
  },
};

const parameter = (name: keyof typeof SCHEDULE_QUERY_FIELDS, schema: object) => ({
  name,
  in: 'query',
  description: SCHEDULE_QUERY_FIELDS[name],
  schema,
});

const getRotationSchedule = {
  operationId: 'getRotationSchedule',
  tags: ['rotation'],
  summary: 'Lists when rotations are due',
  description: 'By the rules of the sweep, as of now, earliest first.',
  parameters: [
    parameter('top', { type: 'integer', minimum: 1, maximum: MAX_SCHEDULED, default: 100 }),
    parameter('registry', { type: 'string' }),
    parameter('connectedRegistry', { type: 'string' }),
  ],
  responses: {
    '200': answer('The first `top` of all clients that have a credential.', 'RotationScheduleAnswer', {
      two: examples.SCHEDULE,
    }),
    ...BY_OPERATORS,
    ...problemAnswers(['invalid-request', 'service-error', 'unavailable']),
  },
};

const postPromotion = {
  operationId: 'postPromotion',
  tags: ['devices'],
  summary: "Accepts a device's acknowledgement that its consumers have a promoted credential",
  description:
    "Authenticated by the promotion's own key, from the event that announced it: by a MAC with it, or for a device that has not joined by the key itself. The previous password may then be revoked at once. 401 and 410 are final; after any other failure the device sends the same acknowledgement again until `expiresAt`.",
  security: [{ pullCheckMac: [] }, { pullCheckKey: [] }],
  requestBody: {
    required: true,
    content: jsonContent('PromotionAcknowledgement', { delivered: examples.ACKNOWLEDGEMENT }),
  },
  responses: {
    '200': answer('This version was acknowledged before.', 'ReportAnswer', { again: { status: 'accepted before' } }),
    '202': answer('The acknowledgement was accepted.', 'ReportAnswer', { accepted: { status: 'accepted' } }),
    ...problemAnswers([
      'invalid-request',
      'report-key',
      'report-mac-required',
      'acknowledgement-expired',
      'body-too-large',
      'too-many-requests',
      'unavailable',
    ]),
  },
};

export const rotationPaths = {
  '/rotations': { post: postRotations },
  '/rotations/schedule': { get: getRotationSchedule },
  '/promotions/{operation}': { parameters: [idParameter('operation')], post: postPromotion },
};
