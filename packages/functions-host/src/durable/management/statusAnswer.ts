/** The answer with the status of one instance. */
import type { WebAnswer } from '../../extension.js';
import { isEnded, type Instance } from '../hub/instance.js';
import { jsonAnswer } from './answers.js';
import { booleanParameter } from './query.js';
import type { ManagementRequest } from './request.js';
import { statusView } from './statusView.js';

/**
 * 202 while the instance runs, 200 at its end; 500 for a failure if the caller requests that, and the route allows it.
 */
export function statusAnswer(
  request: ManagementRequest,
  instance: Instance,
  failure: 'as requested' | 'never an error' = 'as requested',
): WebAnswer {
  const { query } = request;
  const view = statusView(instance, {
    showInput: booleanParameter(query, 'showInput', true),
    showHistory: booleanParameter(query, 'showHistory', false),
    showHistoryOutput: booleanParameter(query, 'showHistoryOutput', false),
  });
  if (!isEnded(instance.status)) return jsonAnswer(202, view, { location: request.url.href, 'retry-after': '5' });
  const isError =
    failure === 'as requested' &&
    instance.status === 'Failed' &&
    booleanParameter(query, 'returnInternalServerErrorOnFailure', false);
  return jsonAnswer(isError ? 500 : 200, view);
}
