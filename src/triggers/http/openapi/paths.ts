import { LONGEST_WAIT_SECONDS } from '../routes/pendingMessages.js';
import { answer, jsonContent, problemAnswers } from './answers.js';
import * as examples from './examples.js';
import { OPERATION_CHECKED } from './inventoryExamples.js';
import * as inventory from './inventoryPaths.js';
import { BY_OPERATORS, idParameter } from './parameters.js';
import { healthPaths } from './healthPaths.js';
import { rotationPaths } from './rotationPaths.js';

const postOnboardings = {
  operationId: 'postOnboardings',
  tags: ['onboarding'],
  summary: 'Starts an onboarding, attaches to an equal one, or tells what one would do',
  description:
    'The same request while its run is in progress attaches to that run. A request that asks for what is there already ends as completed and writes nothing, so it may always be sent again.',
  requestBody: {
    required: true,
    content: jsonContent('OnboardingRequest', {
      quickstart: examples.QUICKSTART_REQUEST,
      rights: examples.RIGHTS_REQUEST,
      dryRun: { ...examples.QUICKSTART_REQUEST, dryRun: true },
    }),
  },
  responses: {
    '200': answer('What the onboarding would do, to a request with `dryRun`. Nothing was written.', 'DryRunAnswer', {
      newClient: examples.DRY_RUN,
      notSynced: examples.DRY_RUN_REFUSED,
    }),
    '202': answer('The run is under way.', 'RunningOperation', { running: examples.RUNNING }, [
      'Location',
      'Retry-After',
    ]),
    ...BY_OPERATORS,
    ...problemAnswers([
      'invalid-request',
      'another-run',
      'body-too-large',
      'service-error',
      'engine-slow',
      'unavailable',
    ]),
  },
};

/** What is the same for offboardings and revocations: each client has a part of its own in the answer. */
const PARTS_BY_CLIENT = {
  '202': answer(
    'One part for each client: its operation, or the problem that kept it from being started.',
    'StartedOperations',
    { two: examples.STARTED_OPERATIONS },
    ['Retry-After'],
  ),
  ...BY_OPERATORS,
  ...problemAnswers(['invalid-request', 'body-too-large', 'service-error', 'unavailable']),
};

const postOffboardings = {
  operationId: 'postOffboardings',
  tags: ['onboarding'],
  summary: 'Takes clients away, or tells what would go',
  description:
    'Unbinds, disables and deletes the token, deletes a scope map of ours that nobody else uses, and retires the secrets. A run in progress of the client is told to end first. What is gone already is no fault, so the request may always be sent again.',
  requestBody: {
    required: true,
    content: jsonContent('OffboardingRequest', {
      two: examples.CLIENTS_REQUEST,
      dryRun: { ...examples.CLIENTS_REQUEST, dryRun: true },
    }),
  },
  responses: {
    '200': answer('What the offboardings would do, to a request with `dryRun`. Nothing was written.', 'DryRunAnswer', {
      bound: examples.OFFBOARDING_DRY_RUN,
    }),
    ...PARTS_BY_CLIENT,
  },
};

const postRevocations = {
  operationId: 'postRevocations',
  tags: ['onboarding'],
  summary: 'Cuts clients off now, as for stolen devices',
  description:
    'Disables the token by one write, and the secrets; a run in progress is told to end and undoes nothing that could be looked at. All is kept for inspection. Only an onboarding that was asked for later lifts it, and never with an earlier password. At the edge it holds from the next sync on: the result tells when that is due.',
  requestBody: { required: true, content: jsonContent('RevocationRequest', { two: examples.CLIENTS_REQUEST }) },
  responses: {
    '200': answer('What it would disable, to a request with `dryRun`. Nothing was written.', 'DryRunAnswer', {
      revocation: examples.REVOCATION_DRY_RUN,
    }),
    ...PARTS_BY_CLIENT,
  },
};

const getOperation = {
  operationId: 'getOperation',
  tags: ['operations'],
  summary: "Shows a run's state, steps and result",
  responses: {
    '200': answer(
      'The run; with `Retry-After` while it is in progress.',
      'Operation',
      {
        waiting: examples.OPERATION_WAITING,
        completed: examples.OPERATION_COMPLETED,
        refused: examples.OPERATION_REFUSED,
        offboarded: examples.OPERATION_OFFBOARDED,
        revoked: examples.OPERATION_REVOKED,
        checked: OPERATION_CHECKED,
      },
      ['Retry-After'],
    ),
    ...BY_OPERATORS,
    ...problemAnswers(['operation-not-found', 'superseded', 'unavailable']),
  },
};

const cancelOperation = {
  operationId: 'cancelOperation',
  tags: ['operations'],
  summary: 'Has a run undo what it has done',
  description:
    'The run ends as rolledBack with the code `cancelled`. Once it promotes it is too late: it ends as completed, and the operation says so. An offboarding or a revocation that has begun cannot be cancelled.',
  responses: {
    '202': answer('The run was told.', 'RunningOperation', { running: examples.RUNNING }, ['Location', 'Retry-After']),
    ...BY_OPERATORS,
    ...problemAnswers(['operation-not-found', 'already-ended', 'not-cancellable', 'superseded', 'unavailable']),
  },
};

const postPullCheck = {
  operationId: 'postPullCheck',
  tags: ['devices'],
  summary: "Takes a device's report of a pull check",
  description:
    "Admitted by the attempt's own key, which came with the event that asked for the pull. 401, 409 and 410 are final; on any other failure the device sends the same report again until `expiresAt`.",
  security: [{ pullCheckKey: [] }],
  requestBody: {
    required: true,
    content: jsonContent('PullCheckReport', { pulled: examples.REPORT, unauthorized: examples.FAILED_REPORT }),
  },
  responses: {
    '200': answer('This very report was accepted before.', 'ReportAnswer', { again: { status: 'accepted before' } }),
    '202': answer('The report counts.', 'ReportAnswer', { accepted: { status: 'accepted' } }),
    ...problemAnswers([
      'invalid-request',
      'report-key',
      'report-differs',
      'report-ended',
      'report-superseded',
      'report-expired',
      'body-too-large',
      'too-many-requests',
      'engine-slow',
      'unavailable',
    ]),
  },
};

const getPendingMessages = {
  operationId: 'getPendingMessages',
  tags: ['devices'],
  summary: 'What the app has to tell the devices of an Entra identity',
  description:
    'For devices with no way in. The identity is mapped to its clients by profiles. A message is there until it is answered by a report or an acknowledgement; an answer that repeats one has nothing new.',
  security: [{ entra: [] }],
  parameters: [
    {
      name: 'wait',
      in: 'query',
      description: 'seconds to wait for a message where there is none',
      schema: { type: 'integer', minimum: 0, maximum: LONGEST_WAIT_SECONDS, default: 0 },
    },
  ],
  responses: {
    '200': answer('Messages.', 'PendingAnswer', { check: examples.PENDING }),
    '204': { description: 'None.' },
    ...problemAnswers(['invalid-request', 'not-authenticated', 'not-a-poller', 'too-many-requests', 'unavailable']),
  },
};

const getOpenApi = {
  operationId: 'getOpenApi',
  tags: ['document'],
  summary: 'This document',
  description: 'Open to all: it holds nothing of an installation.',
  security: [],
  responses: {
    '200': { description: 'OpenAPI 3.1.', content: { 'application/json': { schema: { type: 'object' } } } },
    ...problemAnswers(['too-many-requests', 'unavailable']),
  },
};

/** Every route, by its path under the server's url. */
export const paths = {
  '/onboardings': { post: postOnboardings },
  '/offboardings': { post: postOffboardings },
  '/revocations': { post: postRevocations },
  '/clients': { get: inventory.getClients },
  '/clients/{key}': { parameters: [inventory.clientKeyParameter], get: inventory.getClient },
  '/clients/{key}/operations': {
    parameters: [inventory.clientKeyParameter],
    get: inventory.getClientOperations,
  },
  '/checks': { post: inventory.postChecks },
  '/operations': { get: inventory.getOperations },
  '/operations/{id}': { parameters: [idParameter('id')], get: getOperation },
  '/operations/{id}/cancel': { parameters: [idParameter('id')], post: cancelOperation },
  '/pull-checks/{operation}/{attempt}': {
    parameters: [
      idParameter('operation'),
      {
        name: 'attempt',
        in: 'path',
        required: true,
        description: 'the number that the event gave',
        schema: { type: 'integer', minimum: 1 },
      },
    ],
    post: postPullCheck,
  },
  '/pull-checks/pending': { get: getPendingMessages },
  ...rotationPaths,
  ...healthPaths,
  '/openapi.json': { get: getOpenApi },
};
