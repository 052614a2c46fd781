/** Starts an orchestration and, if requested, waits for its end. */
import type { WebAnswer } from '../../extension.js';
import { isEnded } from '../hub/instance.js';
import { isBlank, JsonReadError, readJson } from '../json/jsonReader.js';
import { LeadingMetadata, JsonMetadataError } from '../json/leadingMetadata.js';
import {
  emptyAnswer,
  errorAnswer,
  failedAnswer,
  invalidJson,
  jsonAnswer,
  jsonText,
  unfinishedJson,
} from './answers.js';
import { instanceLinks } from './links.js';
import { parameter, secondsParameter } from './query.js';
import { requestText, type Management, type ManagementRequest } from './request.js';
import { statusAnswer } from './statusAnswer.js';

/** `POST orchestrators/{function}[/{id}]`. */
export async function startRoute(
  management: Management,
  request: ManagementRequest,
  [name, id, ...more]: readonly string[],
): Promise<WebAnswer> {
  if (name === undefined || more.length > 0 || request.method !== 'POST') return emptyAnswer(404);
  let input: string | null = null;
  // Only a body whose length is said to be zero is none. Where nothing is in it, that is stored, and the orchestration
  // fails.
  if (request.headers['content-length'] !== '0') {
    const metadata = new LeadingMetadata();
    try {
      input = requestText(request);
      if (!isBlank(input)) readJson(input, { onToken: metadata.take });
    } catch (error) {
      const refusal = refusalOf(error, metadata);
      if (refusal !== undefined) return refusal;
    }
  }
  const version = parameter(request.query, 'version');
  const started = await management.client.start({
    name,
    input,
    ...(id === undefined ? {} : { id }),
    ...(version === undefined ? {} : { version }),
  });
  return startedAnswer(management, request, started);
}

/**
 * How a body that cannot be read is refused; undefined if it is not. Lists are read by another reader than objects,
 * which is content with a list that is not closed (observed).
 */
function refusalOf(error: unknown, metadata: LeadingMetadata): WebAnswer | undefined {
  if (error instanceof JsonMetadataError) return failedAnswer(error);
  if (!(error instanceof JsonReadError) || error.unfinished === undefined) return invalidJson(error);
  if (metadata.isOver) return undefined;
  const { open, afterValue } = error.unfinished;
  if (open[0] === 'JArray') return afterValue ? undefined : unfinishedJson(error.message, 'JsonWriter');
  return unfinishedJson(error.message, afterValue || open.length === 1 ? 'JsonSerialization' : 'JsonWriter');
}

/** 202 with links. With `timeout` and `pollingInterval` it returns the result, if it is there in time. */
export async function startedAnswer(
  management: Management,
  request: ManagementRequest,
  id: string,
): Promise<WebAnswer> {
  const timeout = secondsParameter(request.query, 'timeout');
  const interval = secondsParameter(request.query, 'pollingInterval');
  if (timeout !== undefined && interval !== undefined) {
    if (interval > timeout)
      return errorAnswer(400, `Total timeout ${timeout} should be bigger than retry timeout ${interval}`);
    const answer = await endedAnswer(management, request, id, { timeout, interval });
    if (answer !== undefined) return answer;
  }
  const links = instanceLinks({ ...management.links, origin: request.url.origin }, id);
  const { rewindPostUri: _, ...shown } = links;
  // The header's address is parsed, which decodes what needs no escape.
  const location = (links['statusQueryGetUri'] ?? '').replaceAll('%7E', '~');
  return jsonAnswer(202, shown, { location, 'retry-after': '10' });
}

/** Polls in real time, because the caller's connection waits. */
async function endedAnswer(
  management: Management,
  request: ManagementRequest,
  id: string,
  wait: { timeout: number; interval: number },
): Promise<WebAnswer | undefined> {
  const end = performance.now() + wait.timeout * 1000;
  for (;;) {
    const instance = await management.client.find(id);
    if (instance !== undefined && isEnded(instance.status)) {
      if (instance.status === 'Completed') return jsonText(200, instance.output ?? 'null');
      return statusAnswer(request, instance, 'never an error');
    }
    const left = end - performance.now();
    if (left <= 0) return undefined;
    await new Promise((resolve) => setTimeout(resolve, Math.min(left, Math.max(20, wait.interval * 1000))));
  }
}
