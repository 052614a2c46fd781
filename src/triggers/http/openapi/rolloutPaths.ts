import { DEPLOYED_BODY_LIMIT } from '@connected-registry/protocol/requests/deployedBodyLimit';
import { rolloutCsvQuery } from '@connected-registry/protocol/requests/rolloutCsvOptions';
import { rolloutClientsQuery, rolloutsQuery } from '@connected-registry/protocol/requests/rolloutQueries';
import { ROLLOUT_ID } from '../../durable/rollouts/rollouts.js';
import { answer, jsonContent, problemAnswers } from './answers.js';
import { BY_OPERATORS, BY_WRITING_OPERATORS, parametersOf } from './parameters.js';
import * as examples from './rolloutExamples.js';

/** The host refuses bodies over `FUNCTIONS_REQUEST_BODY_SIZE_LIMIT` before the app is asked. */
const CONTENT_ENCODING = {
  name: 'Content-Encoding',
  in: 'header',
  description: 'how the body is compressed',
  schema: { type: 'string', enum: ['gzip', 'identity'] },
};

const postRollouts = {
  operationId: 'postRollouts',
  tags: ['rollouts'],
  summary: 'Starts a rollout to many clients, or plans one',
  description:
    'Checks all clients first, and starts nothing if one of them has an error: `errors` names the row of each. Then it starts the clients wave by wave, as fast as Azure Resource Manager accepts their requests, and pauses by itself when too many fail. A client can be in one rollout at a time. The body is JSON; or CSV with a header line, as text/csv in UTF-8, with the options as query parameters: `canary`, `size` and `pauseSeconds` of `waves`, `percent` and `minimum` of `failureLimit`, and the fields of `defaults`. The parameters apply to CSV only. Either may be compressed with gzip: ' +
    `a deployed app accepts ${DEPLOYED_BODY_LIMIT} bytes as sent, and 8 MB decompressed.`,
  parameters: [...parametersOf(rolloutCsvQuery), CONTENT_ENCODING],
  requestBody: {
    required: true,
    content: {
      ...jsonContent('RolloutRequest', {
        onboard: examples.ONBOARD_REQUEST,
        rotate: examples.ROTATE_REQUEST,
        dryRun: { ...examples.ONBOARD_REQUEST, dryRun: true },
      }),
      'text/csv': { schema: { type: 'string' }, examples: { two: { value: examples.CSV_REQUEST } } },
    },
  },
  responses: {
    '202': answer(
      'The rollout has started. Its status is `opening` until all clients are known to be free.',
      'Rollout',
      { started: examples.OPENED },
      ['Location', 'Retry-After'],
    ),
    ...BY_WRITING_OPERATORS,
    ...problemAnswers([
      'invalid-request',
      'client-in-rollout',
      'rollouts-full',
      'body-too-large',
      'service-error',
      'selection-slow',
      'engine-slow',
      'unavailable',
    ]),
  },
};

const getRollouts = {
  operationId: 'getRollouts',
  tags: ['rollouts'],
  summary: 'Lists rollouts, newest first',
  parameters: parametersOf(rolloutsQuery),
  responses: {
    '200': answer('A page of rollouts.', 'RolloutPage', { page: examples.PAGE }),
    ...BY_OPERATORS,
    ...problemAnswers(['invalid-request', 'unavailable']),
  },
};

const getRollout = {
  operationId: 'getRollout',
  tags: ['rollouts'],
  summary: "Shows a rollout's progress, and how long it will take",
  responses: {
    '200': answer('The rollout.', 'Rollout', { running: examples.RUNNING, paused: examples.PAUSED }),
    ...BY_OPERATORS,
    ...problemAnswers(['rollout-not-found', 'unavailable']),
  },
};

const getRolloutClients = {
  operationId: 'getRolloutClients',
  tags: ['rollouts'],
  summary: "Lists a rollout's clients, and how far each is",
  parameters: parametersOf(rolloutClientsQuery),
  responses: {
    '200': answer('A page of clients, in the order of the request.', 'RolloutClientPage', {
      failed: examples.CLIENTS,
      planned: examples.PLANNED_CLIENTS,
    }),
    ...BY_OPERATORS,
    ...problemAnswers(['invalid-request', 'rollout-not-found', 'unavailable']),
  },
};

/** A command to a rollout. @param opens whether it can open the rollout again, which needs its clients */
const command = (operationId: string, summary: string, description: string, example: object, opens = true) => ({
  operationId,
  tags: ['rollouts'],
  summary,
  description,
  responses: {
    '200': answer('The command is in effect.', 'Rollout', { inEffect: example }),
    '202': answer('The command was accepted, and takes effect soon.', 'Rollout', { accepted: examples.RUNNING }, [
      'Location',
      'Retry-After',
    ]),
    ...BY_WRITING_OPERATORS,
    ...problemAnswers([
      'rollout-not-found',
      'rollout-status',
      ...(opens ? (['client-in-rollout', 'rollouts-full'] as const) : []),
      'unavailable',
    ]),
  },
});

const parameters = [
  {
    name: 'id',
    in: 'path',
    required: true,
    description: "the rollout's id",
    schema: { type: 'string', pattern: ROLLOUT_ID.source },
    example: examples.ROLLOUT_ID,
  },
];

export const rolloutPaths = {
  '/rollouts': { post: postRollouts, get: getRollouts },
  '/rollouts/{id}': { parameters, get: getRollout },
  '/rollouts/{id}/clients': { parameters, get: getRolloutClients },
  '/rollouts/{id}/pause': {
    parameters,
    post: command(
      'pauseRollout',
      'Pauses a rollout',
      'No more clients are started. Clients whose operation is running end by themselves.',
      { ...examples.PAUSED, reason: 'operator' },
      false,
    ),
  },
  '/rollouts/{id}/resume': {
    parameters,
    post: command(
      'resumeRollout',
      'Resumes a paused or stopped rollout',
      'The failure limit counts again from here.',
      examples.RUNNING,
    ),
  },
  '/rollouts/{id}/cancel': {
    parameters,
    post: command(
      'cancelRollout',
      'Cancels a rollout',
      'Clients that were not started are cancelled. Clients whose operation is running end by themselves; then the rollout ends as `cancelled`.',
      examples.CANCELLED,
    ),
  },
  '/rollouts/{id}/retry-failed': {
    parameters,
    post: command(
      'retryFailedInRollout',
      'Tries failed and cancelled clients again',
      'They wait again, each in its wave. An ended rollout is opened again, unless a client is in another rollout by now.',
      examples.RUNNING,
    ),
  },
};
