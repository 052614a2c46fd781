/** Reading and signalling entities. */
import type { WebAnswer } from '../../extension.js';
import { beforeAll } from '../client/client.js';
import { entityOf, schedulerId } from '../entityId.js';
import { JsonReadError, readJson } from '../json/jsonReader.js';
import { normalisedJson } from '../json/jsonWriter.js';
import { isTooDeep } from '../json/stored.js';
import { emptyAnswer, errorAnswer, failedAnswer, jsonAnswer, jsonText, storageFailure } from './answers.js';
import { afterOf, continued } from './continuation.js';
import { booleanParameter, numberParameter, parameter, timeParameter } from './query.js';
import { requestText, type Management, type ManagementRequest } from './request.js';

/** Stands for an empty key in a path. */
const emptyKey = '$';
const defaultPage = 100;

/** `entities[/{name}[/{key}]]`. */
export async function entitiesRoute(
  management: Management,
  request: ManagementRequest,
  [name, key, ...more]: readonly string[],
): Promise<WebAnswer> {
  if (more.length > 0) return emptyAnswer(404);
  if (request.method === 'GET') {
    if (name === undefined || key === undefined) return list(management, request, name);
    return read(management, name, key === emptyKey ? '' : key);
  }
  if (request.method !== 'POST' && request.method !== 'DELETE') return emptyAnswer(404);
  return signal(management, request, name ?? '', key ?? '');
}

async function read({ client }: Management, name: string, key: string): Promise<WebAnswer> {
  const instance = await client.find(schedulerId({ name, key }));
  const state = instance?.entity?.exists === true ? instance.entity.state : null;
  if (state === null) return emptyAnswer(404);
  const tooDeep = depthError(state);
  return tooDeep === undefined
    ? jsonText(200, state)
    : failedAnswer({ message: tooDeep.message, type: 'Newtonsoft.Json.JsonReaderException' });
}

/** Entities store any depth, but the extension does not read it again. */
function depthError(state: string): JsonReadError | undefined {
  if (!isTooDeep(state)) return undefined;
  try {
    readJson(state);
    return undefined;
  } catch (error) {
    if (error instanceof JsonReadError) return error;
    throw error;
  }
}

/** A state in a list, which has what cannot be read as its text. */
const listed = (state: string): unknown => (isTooDeep(state) ? state : (JSON.parse(state) as unknown));

async function list({ client }: Management, request: ManagementRequest, name: string | undefined): Promise<WebAnswer> {
  const fetchState = booleanParameter(request.query, 'fetchState', false);
  const top = numberParameter(request.query, 'top') ?? defaultPage;
  if (top < 0) return storageFailure();
  const from = timeParameter(request.query, 'lastOperationTimeFrom') ?? Number.NEGATIVE_INFINITY;
  const to = timeParameter(request.query, 'lastOperationTimeTo') ?? Number.POSITIVE_INFINITY;
  const after = afterOf(request);
  const found = client.entities(name).filter(({ id, updated }) => {
    const time = Date.parse(updated);
    return time >= from && time <= to && (after === undefined || id > after);
  });
  const page = found.slice(0, top);
  return jsonAnswer(
    200,
    page.map(({ id, updated, entity }) => ({
      entityId: entityOf(id),
      lastOperationTime: updated,
      state: fetchState && typeof entity?.state === 'string' ? listed(entity.state) : null,
    })),
    continued(found.length > page.length ? (page.at(-1)?.id ?? after ?? beforeAll) : undefined),
  );
}

async function signal(
  { client, functions }: Management,
  request: ManagementRequest,
  name: string,
  key: string,
): Promise<WebAnswer> {
  if (!functions.hasEntity(name)) return errorAnswer(400, functions.unknownEntity(name));
  const operation = request.method === 'DELETE' ? 'delete' : (parameter(request.query, 'op') ?? '');
  let input: string | null = null;
  if (request.headers['content-length'] !== '0') {
    const text = requestText(request);
    const mediaType = (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase();
    if (mediaType === 'application/json') {
      try {
        input = normalisedJson(text, 'allowed');
      } catch (error) {
        return errorAnswer(
          400,
          `Could not parse JSON content: ${error instanceof Error ? error.message : String(error)}`,
        );
      }
    } else input = JSON.stringify(text);
  }
  await client.signalEntity({ name, key }, operation, input);
  return emptyAnswer(202);
}
