import { answer, jsonContent, problemAnswers } from './answers.js';
import { MAX_LISTED, SCHEDULE_PARAMETERS } from '../routes/rotationSchedule.js';
import { BY_OPERATORS, idParameter } from './parameters.js';
import * as examples from './rotationExamples.js';

const postRotations = {
  operationId: 'postRotations',
  tags: ['rotation'],
  summary: 'Rotates the credentials of clients, or tells what that would do',
  description:
    'A client at a time: the other password of its token is made, proven by a pull, and only then promoted; the password before stays usable until the device has acknowledged, or the overlap is over. With `urgent` the password in use is replaced at once and the other one emptied, which costs the client its access until it has the new one; whatever run is in the way ends first. Otherwise a client with another run in progress has a problem in its part of the answer.',
  requestBody: {
    required: true,
    content: jsonContent('RotationRequest', {
      two: examples.TWO_CLIENTS,
      leaked: examples.LEAKED,
      dryRun: { ...examples.LEAKED, dryRun: true },
    }),
  },
  responses: {
    '200': answer('What it would do, to a request with `dryRun`. Nothing was written.', 'RotationDryRunAnswer', {
      leaked: examples.DRY_RUN,
    }),
    '202': answer(
      'For each client its run, or the problem that kept it from one.',
      'StartedOperations',
      {
        started: examples.STARTED,
      },
      ['Retry-After'],
    ),
    ...BY_OPERATORS,
    ...problemAnswers(['invalid-request', 'body-too-large', 'service-error', 'unavailable']),
  },
};

const parameter = (name: keyof typeof SCHEDULE_PARAMETERS, schema: object) => ({
  name,
  in: 'query',
  description: SCHEDULE_PARAMETERS[name],
  schema,
});

const getRotationSchedule = {
  operationId: 'getRotationSchedule',
  tags: ['rotation'],
  summary: 'Shows what is due when',
  description: 'By the very rules of the sweep, as of now. What is due first comes first.',
  parameters: [
    parameter('top', { type: 'integer', minimum: 1, maximum: MAX_LISTED, default: 100 }),
    parameter('registry', { type: 'string' }),
    parameter('connectedRegistry', { type: 'string' }),
  ],
  responses: {
    '200': answer('Every client that has a credential, or the first `top`.', 'RotationScheduleAnswer', {
      two: examples.SCHEDULE,
    }),
    ...BY_OPERATORS,
    ...problemAnswers(['invalid-request', 'service-error', 'unavailable']),
  },
};

const postPromotion = {
  operationId: 'postPromotion',
  tags: ['devices'],
  summary: "Takes a device's word that its consumers have a promoted credential",
  description:
    "Admitted by the promotion's own key, which came with the event that announced it. The password before may then be revoked at once. 401 and 410 are final; on any other failure the device sends the same again until `expiresAt`.",
  security: [{ pullCheckKey: [] }],
  requestBody: {
    required: true,
    content: jsonContent('PromotionAcknowledgement', { delivered: examples.ACKNOWLEDGEMENT }),
  },
  responses: {
    '200': answer('This version was acknowledged before.', 'ReportAnswer', { again: { status: 'accepted before' } }),
    '202': answer('It counts.', 'ReportAnswer', { accepted: { status: 'accepted' } }),
    ...problemAnswers([
      'invalid-request',
      'report-key',
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
