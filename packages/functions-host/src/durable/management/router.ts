/** The routes of the management API (public source: HttpApiHandler.cs of the Durable Task extension). */
import type { WebAnswer, WebRequest } from '../../extension.js';
import { InstanceExistsError, WrongStateError } from '../client/client.js';
import { empty, errorAnswer } from './answers.js';
import { entitiesRoute } from './entities.js';
import { instanceRoute, instancesRoute } from './instances.js';
import { webhookPath } from './links.js';
import type { Management, ManagementRequest } from './request.js';
import { startRoute } from './start.js';
import { RepeatedTaskError } from './statusView.js';

const rpcPath = '/durabletask';

/** Answers a request. Never rejects. */
export async function handleManagement(management: Management, request: WebRequest): Promise<WebAnswer> {
  const base = request.viaRpc ? rpcPath : webhookPath;
  const parts = request.url.pathname
    .slice(base.length)
    .split('/')
    .filter((part) => part !== '');
  let segments: string[];
  try {
    segments = parts.map(decodeURIComponent);
  } catch {
    return empty(400);
  }
  try {
    return await route(management, { ...request, query: request.url.searchParams }, segments);
  } catch (error) {
    return failureOf(error);
  }
}

async function route(
  management: Management,
  request: ManagementRequest,
  [first = '', ...rest]: readonly string[],
): Promise<WebAnswer> {
  switch (first.toLowerCase()) {
    case 'orchestrators':
      return startRoute(management, request, rest);
    case 'entities':
      return entitiesRoute(management, request, rest);
    case 'instances':
      return rest.length === 0 ? instancesRoute(management, request) : instanceRoute(management, request, rest);
    case 'makeprimary':
      return empty(200);
    default:
      return empty(404);
  }
}

function failureOf(error: unknown): WebAnswer {
  if (error instanceof InstanceExistsError) return errorAnswer(409, error.message);
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof RepeatedTaskError)
    return errorAnswer(400, 'One or more of the arguments submitted is incorrect', {
      message,
      type: 'System.ArgumentException',
    });
  const type = error instanceof WrongStateError ? 'System.InvalidOperationException' : 'System.Exception';
  return errorAnswer(500, 'Something went wrong while processing your request', { message, type });
}
