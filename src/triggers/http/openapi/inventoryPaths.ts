import { clientsQuery, operationsQuery } from '@connected-registry/protocol/requests/listQueries';
import { answer, jsonContent, problemAnswers } from './answers.js';
import { BY_OPERATORS, BY_WRITING_OPERATORS, parametersOf } from './parameters.js';
import * as examples from './inventoryExamples.js';

export const getClients = {
  operationId: 'getClients',
  tags: ['inventory'],
  summary: 'Lists clients that have a credential, or tokens that belong to no client',
  description:
    "Compares the tags of their secrets with ARM. Changes of bindings and scope maps in the last minute may not show yet. A client's running operation is shown unless it still waits for another. With `state=unmanaged`, `unmanaged` lists tokens that connected registries accept and that no secret of the app names; an onboarding with `token` and `adopt` takes one over. The first page is read now, the next ones may be a minute old.",
  parameters: parametersOf(clientsQuery),
  responses: {
    '200': answer('A page of clients.', 'ClientPage', {
      page: examples.CLIENT_PAGE,
      unmanaged: examples.UNMANAGED_PAGE,
    }),
    ...BY_OPERATORS,
    ...problemAnswers(['invalid-request', 'service-error', 'unavailable']),
  },
};

export const getClient = {
  operationId: 'getClient',
  tags: ['inventory'],
  summary: 'Shows a client that has a credential, or whose device has keys of its own or may join or poll',
  responses: {
    '200': answer('The client.', 'ClientAnswer', {
      joined: examples.CLIENT_JOINED,
      polled: examples.CLIENT_POLLED,
      unbound: examples.CLIENT_UNBOUND,
      absent: examples.CLIENT_ABSENT,
    }),
    ...BY_OPERATORS,
    ...problemAnswers(['client-not-found', 'service-error', 'unavailable']),
  },
};

export const putPoller = {
  operationId: 'putPoller',
  tags: ['inventory'],
  summary: 'Sets the Entra identity that polls for an onboarded client',
  description:
    'Without a run and without a pull check; the earlier poller ends at once. It changes no right to read secrets: see `identity` of an onboarding.',
  requestBody: {
    required: true,
    content: jsonContent('PollerRequest', { gateway: { poller: examples.POLLER.poller.objectId } }),
  },
  responses: {
    '200': answer('The poller.', 'PollerAnswer', { gateway: examples.POLLER }),
    ...BY_WRITING_OPERATORS,
    ...problemAnswers([
      'invalid-request',
      'client-not-found',
      'poller-full',
      'body-too-large',
      'service-error',
      'engine-slow',
      'unavailable',
    ]),
  },
};

export const deletePoller = {
  operationId: 'deletePoller',
  tags: ['inventory'],
  summary: 'Removes the poller from the record of a client',
  description: 'From then on the pollers count that profiles list for the client, if any do.',
  responses: {
    '204': { description: 'The poller has ended.' },
    ...BY_WRITING_OPERATORS,
    ...problemAnswers(['client-not-found', 'poller-not-found', 'engine-slow', 'unavailable'], [403]),
  },
};

export const getClientOperations = {
  operationId: 'getClientOperations',
  tags: ['operations'],
  summary: "Lists a client's running operations, and how its last twenty ended",
  description:
    'Newest first. Also for a client without a credential, which was offboarded or whose onboarding failed. The full operation of a run can be read until the client has a later run.',
  responses: {
    '200': answer("The client's runs.", 'ClientOperations', { failed: examples.CLIENT_OPERATIONS }),
    ...BY_OPERATORS,
    ...problemAnswers(['client-not-found', 'unavailable']),
  },
};

export const getOperations = {
  operationId: 'getOperations',
  tags: ['operations'],
  summary: 'Lists runs, newest first',
  description:
    "Ordered by the time of the request; a run that waited for its client, by when it began to wait or to run. For each client, the list has its current or last run, its waiting runs and its revocations, unless purged. With `since`, or with registry, connectedRegistry and client, it also has how the client's last twenty runs ended (without `since`, see GET /clients/{key}/operations). A continuation stays valid while new runs begin.",
  parameters: parametersOf(operationsQuery),
  responses: {
    '200': answer('A page of runs.', 'OperationPage', {
      page: examples.OPERATION_PAGE,
      last: examples.LAST_OPERATION_PAGE,
    }),
    ...BY_OPERATORS,
    ...problemAnswers(['invalid-request', 'unavailable']),
  },
};

export const postChecks = {
  operationId: 'postChecks',
  tags: ['inventory'],
  summary: 'Compares some or all clients with their intended configuration',
  description:
    "Reads only. The operation's result lists the findings. Without `clients`, it covers all clients, and tokens and scope maps that no client uses; a request during such a check attaches to it.",
  requestBody: {
    required: true,
    content: jsonContent('CheckRequest', { one: examples.CHECK_REQUEST, all: {} }),
  },
  responses: {
    '200': answer('The answer to `dryRun`: a check writes nothing.', 'DryRunAnswer', {
      nothing: examples.DRY_RUN_OF_CHECK,
    }),
    '202': answer(
      'The check has started, unless all its clients are unknown.',
      'CheckStarted',
      { one: examples.CHECK_STARTED },
      ['Location?', 'Retry-After'],
    ),
    ...BY_WRITING_OPERATORS,
    ...problemAnswers(['invalid-request', 'body-too-large', 'engine-slow', 'unavailable']),
  },
};

export const clientKeyParameter = {
  name: 'key',
  in: 'path',
  required: true,
  description: "a client's `key`",
  schema: { type: 'string' },
  example: examples.CLIENT_KEY,
};
