import { parseOperationId } from '@connected-registry/protocol/names/operationId';
import type { NewsHints } from '../../ports/newsHints.js';
import type { HttpHandler } from '../http/guarded.js';

/**
 * Has the device's open request look after its report was accepted: a promotion is what comes next. Requests and runs
 * may have instances of their own, so this is often the only hint that an instance with open requests gets
 * (docs/decisions/0052-open-polls.md).
 */
export function hintingReports(hints: NewsHints, handler: HttpHandler): HttpHandler {
  return async (request, client) => {
    const answer = await handler(request, client);
    const key = parseOperationId(request.params['operation'] ?? '')?.instance;
    if (answer.status === 202 && key !== undefined) hints.hint(key);
    return answer;
  };
}
