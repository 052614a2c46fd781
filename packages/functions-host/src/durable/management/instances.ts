/** Reading and managing instances. */
import type { WebAnswer } from '../../extension.js';
import { InstanceExistsError, type InstanceQuery } from '../client/client.js';
import type { NotRun } from '../client/rewind.js';
import { bodyText } from '../http/bodyText.js';
import { isEnded, type RuntimeStatus } from '../hub/instance.js';
import { statusNames } from '../hub/records.js';
import { normalisedJson } from '../json/jsonWriter.js';
import { afterOf, continued } from './continuation.js';
import { emptyAnswer, errorAnswer, invalidJson, jsonAnswer, storageFailure } from './answers.js';
import { booleanParameter, listParameter, numberParameter, parameter, timeParameter } from './query.js';
import type { Management, ManagementRequest } from './request.js';
import { startedAnswer } from './start.js';
import { statusAnswer } from './statusAnswer.js';
import { statusView } from './statusView.js';

/** `GET` and `DELETE instances`. */
export async function instancesRoute({ client }: Management, request: ManagementRequest): Promise<WebAnswer> {
  const query = queryOf(request);
  if (request.method === 'DELETE') {
    if (query.from === undefined) return jsonAnswer(400, "Please provide value for 'createdTimeFrom' parameter.");
    // It is not limited to ids with a prefix.
    const { prefix: _prefix, ...conditions } = query;
    const instancesDeleted = await client.purgeMany(conditions);
    return instancesDeleted === 0 ? emptyAnswer(404) : jsonAnswer(200, { instancesDeleted });
  }
  if (request.method !== 'GET') return emptyAnswer(404);
  if (query.top !== undefined && query.top < 0) return storageFailure();
  const { instances, next } = await client.list(query);
  const showInput = booleanParameter(request.query, 'showInput', true);
  const views = instances.map((instance) =>
    statusView(instance, { showInput, showHistory: false, showHistoryOutput: false }),
  );
  return jsonAnswer(200, views, continued(next));
}

function queryOf(request: ManagementRequest): InstanceQuery {
  const { query } = request;
  const prefix = parameter(query, 'instanceIdPrefix');
  const from = timeParameter(query, 'createdTimeFrom');
  const to = timeParameter(query, 'createdTimeTo');
  const top = numberParameter(query, 'top');
  const statuses = listParameter(query, 'runtimeStatus').flatMap((text): RuntimeStatus[] => {
    const found = statusNames.find((name, number) => name === text.trim() || String(number) === text.trim());
    return found === undefined ? [] : [found];
  });
  const after = afterOf(request);
  return {
    ...(prefix === undefined ? {} : { prefix }),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(top === undefined ? {} : { top }),
    ...(statuses.length === 0 ? {} : { statuses: new Set(statuses) }),
    ...(after === undefined ? {} : { after }),
  };
}

/** `instances/{id}` and the paths below. */
export async function instanceRoute(
  management: Management,
  request: ManagementRequest,
  [id = '', operation, ...rest]: readonly string[],
): Promise<WebAnswer> {
  if (operation === undefined) {
    if (request.method === 'GET') return get(management, request, id);
    return request.method === 'DELETE' ? purge(management, id) : emptyAnswer(404);
  }
  if (request.method !== 'POST') return emptyAnswer(404);
  const verb = operation.toLowerCase();
  if (verb === 'raiseevent') {
    const [name, ...more] = rest;
    return name === undefined || more.length > 0 ? emptyAnswer(404) : raiseEvent(management, request, id, name);
  }
  if (rest.length > 0) return emptyAnswer(404);
  switch (verb) {
    case 'terminate':
    case 'suspend':
    case 'resume':
      return steer(management, request, id, verb);
    case 'rewind':
      return rewind(management, request, id);
    case 'restart':
      return restart(management, request, id);
    default:
      return emptyAnswer(404);
  }
}

async function get({ client }: Management, request: ManagementRequest, id: string): Promise<WebAnswer> {
  const instance = await client.find(id);
  return instance === undefined ? emptyAnswer(404) : statusAnswer(request, instance);
}

async function purge({ client }: Management, id: string): Promise<WebAnswer> {
  const found = await client.statusOf(id);
  if (found === undefined) return emptyAnswer(404);
  if (!isEnded(found.status) && !found.isEntity)
    return jsonAnswer(
      412,
      `Only orchestrations in a terminal state can be purged, but the orchestration with instance ID ${id} has status ${found.status}`,
    );
  await client.purge(id);
  return jsonAnswer(200, { instancesDeleted: 1 });
}

async function raiseEvent(
  { client }: Management,
  request: ManagementRequest,
  id: string,
  name: string,
): Promise<WebAnswer> {
  const instance = await client.find(id);
  if (instance === undefined) return emptyAnswer(404);
  if (isEnded(instance.status)) return emptyAnswer(410);
  const mediaType = (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase();
  if (mediaType !== 'application/json') return errorAnswer(400, 'Only application/json request content is supported');
  let input: string;
  try {
    input = normalisedJson(bodyText(request.body, request.headers['content-type']), 'allowed');
  } catch (error) {
    return invalidJson(error);
  }
  await client.raiseEvent(id, name, input);
  return emptyAnswer(202);
}

async function steer(
  { client }: Management,
  request: ManagementRequest,
  id: string,
  verb: 'terminate' | 'suspend' | 'resume',
): Promise<WebAnswer> {
  const instance = await client.find(id);
  if (instance === undefined) return emptyAnswer(404);
  if (isEnded(instance.status)) return emptyAnswer(410);
  const reason = parameter(request.query, 'reason') ?? null;
  await client[verb](instance, reason);
  return emptyAnswer(202);
}

async function rewind({ client, quirks }: Management, request: ManagementRequest, id: string): Promise<WebAnswer> {
  const instance = await client.find(id);
  if (instance === undefined) return jsonAnswer(404, `No orchestration with instance ID "$${id}" found.`);
  if (instance.status !== 'Failed')
    return jsonAnswer(
      412,
      `This orchestration has status ${instance.status}, but only orchestrations in the "Failed" state can be rewound.`,
    );
  const isAccepted = await client.rewind(id, parameter(request.query, 'reason') ?? null, (notRun) =>
    quirks.report(`Orchestration '${instance.name}', instance '${id}': ${rewoundInVain(id, notRun)}.`, {
      functionName: instance.name,
      instanceId: id,
    }),
  );
  if (isAccepted) return emptyAnswer(202);
  return errorAnswer(400, 'One or more of the arguments submitted is incorrect', {
    message:
      "Index was out of range. Must be non-negative and less than the size of the collection. (Parameter 'index')",
    type: 'System.ArgumentOutOfRangeException',
    at: 'HandleRewindInstanceRequestAsync',
  });
}

/** What the real host does not say of a rewind, and the cure. */
function rewoundInVain(id: string, notRun: NotRun): string {
  const isChild = notRun.id !== id;
  const what = isChild
    ? `it is rewound, and waits for ever for its sub-orchestration '${notRun.id}', which does not run again`
    : 'it is rewound, and does not run again';
  return notRun.because === 'earlier-run'
    ? `${what}: an earlier run of ${isChild ? 'that' : 'this'} id had a longer history, whose end the rewind changes. Cure: purge an instance before you start another one with its id`
    : `${what}: it did not fail, but was terminated or has completed. Cure: terminate '${id}', and start it again`;
}

async function restart(management: Management, request: ManagementRequest, id: string): Promise<WebAnswer> {
  const withNewId = booleanParameter(request.query, 'restartWithNewInstanceId', true);
  let started: string | undefined;
  try {
    started = await management.client.restart(id, withNewId);
  } catch (error) {
    if (!(error instanceof InstanceExistsError)) throw error;
    return errorAnswer(409, 'A non-terminal instance with this instance ID already exists.', {
      message: error.message,
      type: 'DurableTask.Core.Exceptions.OrchestrationAlreadyExistsException',
    });
  }
  if (started === undefined)
    return errorAnswer(400, 'InstanceId does not match a valid orchestration instance.', {
      message: `No instance with ID '${id}' was found. (Parameter 'instanceId')`,
      type: 'System.ArgumentException',
    });
  return startedAnswer(management, request, started);
}
