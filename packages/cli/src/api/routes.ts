import {
  clientAnswer,
  clientPage,
  pollerAnswer,
  type ClientAnswer,
} from '@connected-registry/protocol/answers/clientAnswers';
import {
  clientOperations,
  dryRunAnswer,
  operation,
  operationPage,
  rotationDryRunAnswer,
  runningOperation,
  type Operation,
} from '@connected-registry/protocol/answers/answers';
import { issuedEnrolments } from '@connected-registry/protocol/answers/enrolmentAnswers';
import { inventoryPage, overview, type Overview } from '@connected-registry/protocol/answers/fleetAnswers';
import { healthAnswer } from '@connected-registry/protocol/answers/healthAnswer';
import { checkStarted, startedOperations } from '@connected-registry/protocol/answers/problemDetails';
import {
  rollout,
  rolloutClientPage,
  rolloutPage,
  type Rollout,
} from '@connected-registry/protocol/answers/rolloutAnswers';
import { rotationScheduleAnswer } from '@connected-registry/protocol/answers/rotationScheduleAnswer';
import type { checkBody } from '@connected-registry/protocol/requests/checkRequest';
import type { offboardingBody, revocationBody } from '@connected-registry/protocol/requests/clientsRequest';
import type { inventoryQuery } from '@connected-registry/protocol/requests/inventoryQuery';
import type { pollerBody } from '@connected-registry/protocol/requests/pollerRequest';
import type { rolloutsQuery } from '@connected-registry/protocol/requests/rolloutQueries';
import { z } from 'zod';
import { usageError } from '../program/commandError.js';
import type { Api } from './api.js';
import type {
  ClientsQuery,
  EnrolmentFields,
  JsonRequest,
  OnboardingFields,
  OperationsQuery,
  RolloutClientsQuery,
  RolloutCsvQuery,
  RolloutFields,
  RotationFields,
  ScheduleQuery,
} from './requests.js';

/*
 * One function for each route that operators have. Bodies, parameters and answers have the types of the app's own
 * schemas, so that a field or parameter that the API renames or removes does not compile here or where a command names
 * it.
 */

/** An id as a part of a path. @throws {CommandError} for what would lead to another path */
function id(text: string): string {
  if (/^\.{0,2}$/.test(text)) throw usageError(`${JSON.stringify(text)} is not an id.`);
  return encodeURIComponent(text);
}

export const ROLLOUT_COMMANDS = ['pause', 'resume', 'cancel', 'retry-failed'] as const;
export type RolloutCommand = (typeof ROLLOUT_COMMANDS)[number];

/** What a request with `dryRun` or without it is answered. */
const startedOr = <Plan extends z.ZodType>(plan: Plan) => z.union([startedOperations, plan]);

const bodyOf = (request: JsonRequest<object>) => ({ json: 'fromFile' in request ? request.fromFile : request.json });
const csv = (bytes: Uint8Array) => ({ bytes, type: 'text/csv', compress: true });

export const routes = {
  clients: (api: Api, query: ClientsQuery) => api.get('/clients', clientPage, query),
  client: (api: Api, key: string): Promise<ClientAnswer> => api.get(`/clients/${id(key)}`, clientAnswer),
  clientOperations: (api: Api, key: string) => api.get(`/clients/${id(key)}/operations`, clientOperations),
  operations: (api: Api, query: OperationsQuery) => api.get('/operations', operationPage, query),
  operation: (api: Api, operationId: string): Promise<Operation> =>
    api.get(`/operations/${id(operationId)}`, operation),
  overview: (api: Api): Promise<Overview> => api.get('/overview', overview),
  inventory: (api: Api, query: z.input<typeof inventoryQuery>) => api.get('/inventory', inventoryPage, query),
  schedule: (api: Api, query: ScheduleQuery) => api.get('/rotations/schedule', rotationScheduleAnswer, query),
  rollouts: (api: Api, query: z.input<typeof rolloutsQuery>) => api.get('/rollouts', rolloutPage, query),
  rollout: (api: Api, rolloutId: string): Promise<Rollout> => api.get(`/rollouts/${id(rolloutId)}`, rollout),
  rolloutClients: (api: Api, rolloutId: string, query: RolloutClientsQuery) =>
    api.get(`/rollouts/${id(rolloutId)}/clients`, rolloutClientPage, query),
  health: (api: Api) => api.get('/health', healthAnswer),
  /** Open to everybody. */
  document: (api: Api) => api.get('/openapi.json', z.object({ info: z.object({ version: z.string() }) })),

  onboard: (api: Api, request: JsonRequest<OnboardingFields>) =>
    api.send('POST', '/onboardings', z.union([runningOperation, dryRunAnswer]), bodyOf(request)),
  rotate: (api: Api, json: RotationFields) => api.send('POST', '/rotations', startedOr(rotationDryRunAnswer), { json }),
  offboard: (api: Api, json: z.input<typeof offboardingBody>) =>
    api.send('POST', '/offboardings', startedOr(dryRunAnswer), { json }),
  revoke: (api: Api, json: z.input<typeof revocationBody>) =>
    api.send('POST', '/revocations', startedOr(dryRunAnswer), { json }),
  check: (api: Api, json: z.input<typeof checkBody>) => api.send('POST', '/checks', checkStarted, { json }),
  enrol: (api: Api, request: JsonRequest<EnrolmentFields>) =>
    api.send('POST', '/enrolments', issuedEnrolments, bodyOf(request)),
  withdraw: (api: Api, key: string) => api.send('DELETE', `/enrolments/${id(key)}`, z.undefined()),
  setPoller: (api: Api, key: string, json: z.input<typeof pollerBody>) =>
    api.send('PUT', `/clients/${id(key)}/poller`, pollerAnswer, { json }),
  removePoller: (api: Api, key: string) => api.send('DELETE', `/clients/${id(key)}/poller`, z.undefined()),
  cancel: (api: Api, operationId: string) =>
    api.send('POST', `/operations/${id(operationId)}/cancel`, runningOperation),
  startRollout: (api: Api, request: JsonRequest<RolloutFields>) =>
    api.send('POST', '/rollouts', rollout, { ...bodyOf(request), compress: true }),
  startRolloutCsv: (api: Api, bytes: Uint8Array, query: RolloutCsvQuery) =>
    api.send('POST', '/rollouts', rollout, csv(bytes), query),
  commandRollout: (api: Api, rolloutId: string, command: RolloutCommand) =>
    api.send('POST', `/rollouts/${id(rolloutId)}/${command}`, rollout),
};
