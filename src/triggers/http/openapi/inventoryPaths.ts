import { z } from 'zod';
import { clientsQuery, operationsQuery } from '@connected-registry/protocol/requests/listQueries';
import { answer, jsonContent, problemAnswers } from './answers.js';
import { BY_OPERATORS } from './parameters.js';
import * as examples from './inventoryExamples.js';

/** A query's parameters, from the schema that it is read with. */
function parametersOf(query: z.ZodType): object[] {
  const { properties = {} } = z.toJSONSchema(query, { io: 'input' });
  return Object.entries(properties).map(([name, property]) => {
    const { description, ...schema } = typeof property === 'object' ? property : {};
    if (schema.format === 'date-time') delete schema.pattern;
    return { name, in: 'query', description, schema };
  });
}

export const getClients = {
  operationId: 'getClients',
  tags: ['inventory'],
  summary: 'Lists clients that have a credential',
  description:
    "From the tags of their secrets and from ARM; a client that seems to be fine may have been unbound, or its scope map changed, in the last minute. A client's running operation is shown unless it still waits for another.",
  parameters: parametersOf(clientsQuery),
  responses: {
    '200': answer('A page of clients.', 'ClientPage', { page: examples.CLIENT_PAGE }),
    ...BY_OPERATORS,
    ...problemAnswers(['invalid-request', 'service-error', 'unavailable']),
  },
};

export const getClient = {
  operationId: 'getClient',
  tags: ['inventory'],
  summary: 'Shows a client that has a credential',
  responses: {
    '200': answer('The client.', 'Client', { ok: examples.CLIENT, unbound: examples.CLIENT_UNBOUND }),
    ...BY_OPERATORS,
    ...problemAnswers(['client-not-found', 'service-error', 'unavailable']),
  },
};

export const getClientOperations = {
  operationId: 'getClientOperations',
  tags: ['operations'],
  summary: "Lists a client's runs: those under way, and how the last twenty ended",
  description:
    'Newest first. Also of a client that has no credential: it was offboarded, or its onboarding failed. What a run of it answered in full is at its operation as long as the client has no later one.',
  responses: {
    '200': answer("The client's runs.", 'ClientOperations', { failed: examples.CLIENT_OPERATIONS }),
    ...BY_OPERATORS,
    ...problemAnswers(['client-not-found', 'unavailable']),
  },
};

export const getOperations = {
  operationId: 'getOperations',
  tags: ['operations'],
  summary: 'Lists runs that were not purged, the newest first',
  description:
    "By the time at which they were asked for; one that had to wait for its client, by when it began to wait or to run. Each client shows its present or last run, those that wait for it, and its revocations; with `since`, or with registry, connectedRegistry and client, how its last twenty ended, too (without `since`, GET /clients/{key}/operations has a client's earlier runs). A continuation stays good while new runs begin.",
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
  summary: 'Compares clients, or all, with what was set for them',
  description:
    "Reads only. Its operation's result names what was found; without `clients` it is about all clients and about tokens and scope maps that nobody uses, and a request while such a check is under way attaches to it.",
  requestBody: {
    required: true,
    content: jsonContent('CheckRequest', { one: examples.CHECK_REQUEST, all: {} }),
  },
  responses: {
    '200': answer('To a request with `dryRun`: a check writes nothing.', 'DryRunAnswer', {
      nothing: examples.DRY_RUN_OF_CHECK,
    }),
    '202': answer(
      'The check is under way, unless nothing knows any of its clients.',
      'CheckStarted',
      { one: examples.CHECK_STARTED },
      ['Location?', 'Retry-After'],
    ),
    ...BY_OPERATORS,
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
