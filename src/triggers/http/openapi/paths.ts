import { answer, jsonContent, notModified, problemAnswers } from './answers.js';
import { enrolmentPaths } from './enrolmentPaths.js';
import * as examples from './examples.js';
import { OPERATION_CHECKED } from './inventoryExamples.js';
import * as inventory from './inventoryPaths.js';
import { BY_OPERATORS, BY_WRITING_OPERATORS, idParameter } from './parameters.js';
import { devicePaths, waitParameter } from './devicePaths.js';
import { fleetPaths } from './fleetPaths.js';
import { healthPaths } from './healthPaths.js';
import { rolloutPaths } from './rolloutPaths.js';
import { rotationPaths } from './rotationPaths.js';

const postOnboardings = {
  operationId: 'postOnboardings',
  tags: ['onboarding'],
  summary: 'Starts an onboarding, attaches to an equal one, or plans one',
  description:
    'The same request during its run attaches to that run. A request for what already exists completes without a write, so it is safe to repeat.',
  requestBody: {
    required: true,
    content: jsonContent('OnboardingRequest', {
      quickstart: examples.QUICKSTART_REQUEST,
      rights: examples.RIGHTS_REQUEST,
      dryRun: { ...examples.QUICKSTART_REQUEST, dryRun: true },
    }),
  },
  responses: {
    '200': answer('The answer to `dryRun`: what the onboarding would do. Nothing was written.', 'DryRunAnswer', {
      newClient: examples.DRY_RUN,
      notSynced: examples.DRY_RUN_REFUSED,
    }),
    '202': answer('The run has started.', 'RunningOperation', { running: examples.RUNNING }, [
      'Location',
      'Retry-After',
    ]),
    ...BY_WRITING_OPERATORS,
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

/** Common answers of offboardings and revocations, with one part for each client. */
const PARTS_BY_CLIENT = {
  '202': answer(
    'One part for each client: its operation, or the problem that prevented its start.',
    'StartedOperations',
    { two: examples.STARTED_OPERATIONS },
    ['Retry-After'],
  ),
  ...BY_WRITING_OPERATORS,
  ...problemAnswers(['invalid-request', 'body-too-large', 'service-error', 'unavailable']),
};

const postOffboardings = {
  operationId: 'postOffboardings',
  tags: ['onboarding'],
  summary: 'Offboards clients, or plans it',
  description:
    'Unbinds, disables and deletes the token, deletes a scope map of this app that no other token uses, and retires the secrets. A running operation of the client is asked to stop first. Resources that are already gone are no error, so the request is safe to repeat.',
  requestBody: {
    required: true,
    content: jsonContent('OffboardingRequest', {
      two: examples.CLIENTS_REQUEST,
      dryRun: { ...examples.CLIENTS_REQUEST, dryRun: true },
    }),
  },
  responses: {
    '200': answer('The answer to `dryRun`: what the offboardings would do. Nothing was written.', 'DryRunAnswer', {
      bound: examples.OFFBOARDING_DRY_RUN,
    }),
    ...PARTS_BY_CLIENT,
  },
};

const postRevocations = {
  operationId: 'postRevocations',
  tags: ['onboarding'],
  summary: 'Revokes clients at once, for example for stolen devices',
  description:
    'Disables the token with one write, and the secrets. A running operation is asked to stop and keeps its evidence. Everything is kept for inspection. Only an onboarding that is requested later clears the revocation, and never with an earlier password. At the edge, the revocation applies from the next sync: the result has its time.',
  requestBody: { required: true, content: jsonContent('RevocationRequest', { two: examples.CLIENTS_REQUEST }) },
  responses: {
    '200': answer('The answer to `dryRun`: what the revocation would disable. Nothing was written.', 'DryRunAnswer', {
      revocation: examples.REVOCATION_DRY_RUN,
    }),
    ...PARTS_BY_CLIENT,
  },
};

const getOperation = {
  operationId: 'getOperation',
  tags: ['operations'],
  summary: "Shows a run's state, steps and result",
  description: 'Asks the durable engine alone: it may be polled.',
  responses: {
    '200': answer(
      'The run, with `Retry-After` while it is running.',
      'Operation',
      {
        waiting: examples.OPERATION_WAITING,
        completed: examples.OPERATION_COMPLETED,
        refused: examples.OPERATION_REFUSED,
        offboarded: examples.OPERATION_OFFBOARDED,
        revoked: examples.OPERATION_REVOKED,
        checked: OPERATION_CHECKED,
      },
      ['Retry-After', 'ETag'],
    ),
    ...notModified(['Retry-After']),
    ...BY_OPERATORS,
    ...problemAnswers(['operation-not-found', 'superseded', 'unavailable']),
  },
};

const cancelOperation = {
  operationId: 'cancelOperation',
  tags: ['operations'],
  summary: 'Cancels a run and rolls it back',
  description:
    'The run ends as rolledBack with the code `cancelled`. A run that is already promoting ends as completed. An offboarding or a revocation that has started cannot be cancelled.',
  responses: {
    '202': answer('The run was asked to stop.', 'RunningOperation', { running: examples.RUNNING }, [
      'Location',
      'Retry-After',
    ]),
    ...BY_WRITING_OPERATORS,
    ...problemAnswers(['operation-not-found', 'already-ended', 'not-cancellable', 'superseded', 'unavailable']),
  },
};

const postPullCheck = {
  operationId: 'postPullCheck',
  tags: ['devices'],
  summary: "Accepts a device's report of a pull check",
  description:
    "Authenticated by the attempt's own key, from the event that requested the pull: by a MAC with it, or for a device that has not joined by the key itself. 401, 409 and 410 are final; after any other failure the device sends the same report again until `expiresAt`.",
  security: [{ pullCheckMac: [] }, { pullCheckKey: [] }],
  requestBody: {
    required: true,
    content: jsonContent('PullCheckReport', { pulled: examples.REPORT, unauthorized: examples.FAILED_REPORT }),
  },
  responses: {
    '200': answer('This report was accepted before.', 'ReportAnswer', { again: { status: 'accepted before' } }),
    '202': answer('The report was accepted.', 'ReportAnswer', { accepted: { status: 'accepted' } }),
    ...problemAnswers([
      'invalid-request',
      'report-key',
      'report-mac-required',
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
  summary: 'Returns pending messages for the devices of an Entra identity',
  description:
    'For devices that accept no connections. Client records name the identity that polls for them; profiles, for clients whose records name none. A message is returned until a report or an acknowledgement answers it, so it may be repeated.',
  security: [{ entra: [] }],
  parameters: [waitParameter],
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
  description: 'Public: it contains nothing about an installation.',
  security: [],
  responses: {
    '200': { description: 'OpenAPI 3.1.', content: { 'application/json': { schema: { type: 'object' } } } },
    ...problemAnswers(['too-many-requests', 'unavailable']),
  },
};

/** All routes, by path under the server's URL. */
export const paths = {
  '/onboardings': { post: postOnboardings },
  '/offboardings': { post: postOffboardings },
  '/revocations': { post: postRevocations },
  ...fleetPaths,
  '/clients': { get: inventory.getClients },
  '/clients/{key}': { parameters: [inventory.clientKeyParameter], get: inventory.getClient },
  '/clients/{key}/poller': {
    parameters: [inventory.clientKeyParameter],
    put: inventory.putPoller,
    delete: inventory.deletePoller,
  },
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
        description: 'the number from the event',
        schema: { type: 'integer', minimum: 1 },
      },
    ],
    post: postPullCheck,
  },
  '/pull-checks/pending': { get: getPendingMessages },
  ...devicePaths,
  ...rotationPaths,
  ...enrolmentPaths,
  ...rolloutPaths,
  ...healthPaths,
  '/openapi.json': { get: getOpenApi },
};
