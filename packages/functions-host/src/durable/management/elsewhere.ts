/**
 * Requests that name another task hub or storage connection with `taskHub` and `connection`. Another hub is empty: no
 * host that runs here works on it (public source: HttpApiHandler.GetClient, DurableTaskExtension.GetClient).
 */
import { sameName } from '../../caseInsensitive.js';
import type { WebAnswer } from '../../extension.js';
import { newExecutionId } from '../guid.js';
import { emptyAnswer, errorAnswer, jsonAnswer } from './answers.js';
import { parameter } from './query.js';
import type { Management, ManagementRequest } from './request.js';
import { startedAnswer } from './start.js';

/** The answer for another hub or an unknown connection; undefined for a request to this hub. */
export function answerElsewhere(
  management: Management,
  request: ManagementRequest,
  [area = '', ...rest]: readonly string[],
): Promise<WebAnswer> | WebAnswer | undefined {
  const connection = parameter(request.query, 'connection')?.trim() ?? '';
  if (connection !== '' && !management.hasConnection(connection))
    return errorAnswer(500, 'Something went wrong while processing your request', {
      message: `Unable to resolve the Azure Storage connection named '${connection}'.`,
      type: 'System.InvalidOperationException',
    });
  const hubName = parameter(request.query, 'taskHub')?.trim() ?? '';
  if (hubName === '' || sameName(hubName, management.links.hubName)) return undefined;
  return emptyHub({ ...management, links: { ...management.links, hubName } }, request, area.toLowerCase(), rest);
}

function emptyHub(
  management: Management,
  request: ManagementRequest,
  area: string,
  [name, last, ...more]: readonly string[],
): Promise<WebAnswer> | WebAnswer {
  const { method } = request;
  if (area === 'orchestrators' && name !== undefined && more.length === 0 && method === 'POST') {
    report(management, `the start of '${name}'`);
    return startedAnswer(management, request, last ?? newExecutionId());
  }
  if (area === 'entities' && method === 'GET' && last === undefined) return jsonAnswer(200, []);
  if (area === 'entities' && (method === 'POST' || method === 'DELETE') && name !== undefined) {
    report(management, `a signal to '${name}'`);
    return emptyAnswer(202);
  }
  if (area === 'instances' && name === undefined && method === 'GET') return jsonAnswer(200, []);
  return emptyAnswer(404);
}

/** @throws QuirkError in strict mode */
function report({ links, quirks }: Management, what: string): void {
  quirks.report(
    `${what} went to the task hub '${links.hubName}', on which no host works: it is accepted, and nothing happens. Cure: name this app's hub, or none.`,
  );
}
