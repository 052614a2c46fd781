/** The routes of the management API (public source: HttpApiHandler.cs of the Durable Task extension). */
import type { WebAnswer, WebRequest } from '../../extension.js';
import { QuirkError } from '../../log/quirks.js';
import { InstanceExistsError, WrongStateError } from '../client/client.js';
import { decodePath } from '../../http/path.js';
import { emptyAnswer, errorAnswer, failedAnswer } from './answers.js';
import { answerElsewhere } from './elsewhere.js';
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
  const path = decodePath(request.url.pathname.slice(base.length));
  if (path === undefined) return emptyAnswer(400);
  // The web server has decoded the path, and the extension does so again: an encoded slash divides segments.
  const segments = urlDecoded(path)
    .split('/')
    .filter((part) => part !== '');
  const parsed = { ...request, query: request.url.searchParams };
  try {
    return await ((isArea(segments) && answerElsewhere(management, parsed, segments)) ||
      route(management, parsed, segments));
  } catch (error) {
    return failureOf(error);
  }
}

const isArea = ([first = '']: readonly string[]): boolean => /^(orchestrators|entities|instances)$/i.test(first);

/** .NET's WebUtility.UrlDecode: a plus is a space, and what is no escape stays. */
function urlDecoded(text: string): string {
  return text
    .replaceAll('+', ' ')
    .replace(/(?:%[\da-f]{2})+/gi, (run) => Buffer.from(run.replaceAll('%', ''), 'hex').toString('utf8'));
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
      return emptyAnswer(200);
    default:
      return emptyAnswer(404);
  }
}

function failureOf(error: unknown): WebAnswer {
  if (error instanceof QuirkError) return errorAnswer(400, error.message);
  if (error instanceof InstanceExistsError) return errorAnswer(409, error.message);
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof RepeatedTaskError)
    return errorAnswer(400, 'One or more of the arguments submitted is incorrect', {
      message,
      type: 'System.ArgumentException',
    });
  const type = error instanceof WrongStateError ? 'System.InvalidOperationException' : 'System.Exception';
  return failedAnswer({ message, type });
}
