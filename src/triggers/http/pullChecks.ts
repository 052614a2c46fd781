import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import type { DurableClient } from 'durable-functions';
import type { ReportAnswer } from '../../domain/answers.js';
import { parseOperationId, type OperationId } from '../../domain/operationId.js';
import { pullCheckReport, REPORT_FIELDS } from '../../domain/pullCheckMessages.js';
import { reportEventName, reportHash, type ReportEvent } from '../../domain/reportEvent.js';
import { verifyReportKey, type ReportKeys } from '../../domain/reportKey.js';
import { audit } from '../../ports/audit.js';
import { hasEnded, readRun, type RunStatus } from '../durable/runStatus.js';
import { deviceKey, wrongDeviceKey } from './deviceKey.js';
import { jsonBody } from './jsonBody.js';
import { fieldErrors, invalidRequest, problem } from './problem.js';
import { callerAddress, RateLimit } from './rateLimit.js';
import { tooManyRequests } from './tooManyRequests.js';

/** Longest report, in bytes. */
const MOST_BYTES = 4096;

/** Reports that one instance takes from one address in a minute, where a setting says nothing else. */
const USUAL_PER_MINUTE = 1200;

/** Authentic reports of one operation in a minute: an attempt has one, and a device may repeat it. */
const MOST_OF_ONE_OPERATION = 30;

/**
 * `POST /api/pull-checks/{operation}/{attempt}`: the device's report. The attempt's derived key is all that admits it,
 * and it is looked at before anything is read. A refused report changes nothing.
 */
export function postPullCheck(keys: ReportKeys, perMinute = USUAL_PER_MINUTE) {
  const byAddress = new RateLimit(perMinute);
  const byOperation = new RateLimit(MOST_OF_ONE_OPERATION);
  return async (request: HttpRequest, client: DurableClient): Promise<HttpResponseInit> => {
    const operation = request.params['operation'] ?? '';
    const tooEarly = (seconds: number) => {
      audit('report.accept.refused', { resource: operation.slice(0, 128), reason: 'too-many-requests' });
      return tooManyRequests(seconds);
    };
    const pause = byAddress.take(callerAddress(request.headers.get('x-forwarded-for')), Date.now());
    if (pause !== undefined) return tooEarly(pause);
    const attempt = Number(request.params['attempt']);
    const body = await jsonBody(request, MOST_BYTES);
    const id = parseOperationId(operation);
    const value = 'value' in body ? body.value : undefined;
    const refused = (reason: string) => audit('report.accept.refused', { resource: operation.slice(0, 128), reason });
    if (!id || !isAuthentic(request, keys, operation, attempt, value)) {
      refused('report-key');
      return wrongDeviceKey();
    }

    // A key that fits is good for as many repetitions as anyone likes: the engine is asked for a few only.
    const repetition = byOperation.take(operation, Date.now());
    if (repetition !== undefined) return tooEarly(repetition);
    const report = pullCheckReport.safeParse(value, { reportInput: true });
    if (!report.success) {
      refused('invalid-request');
      return invalidRequest(fieldErrors(report.error, REPORT_FIELDS), 'The report does not count.');
    }
    const event: ReportEvent = { hash: reportHash(report.data), report: report.data };
    const refusal = judge(await readRun(client, id.instance), id, attempt, event);
    if (refusal) {
      if (refusal.status !== 200) refused(`status-${refusal.status ?? 0}`);
      return refusal;
    }
    await client.raiseEvent(id.instance, reportEventName(id.run, attempt), event);
    audit('report.accept.succeeded', { resource: id.instance, operation, reason: report.data.outcome });
    return { status: 202, jsonBody: { status: 'accepted' } satisfies ReportAnswer };
  };
}

function isAuthentic(
  request: HttpRequest,
  keys: ReportKeys,
  operation: string,
  attempt: number,
  value: unknown,
): boolean {
  const key = deviceKey(request, value);
  if (!key || !Number.isSafeInteger(attempt)) return false;
  const { keyId, reportKey, expiresAt } = key;
  return verifyReportKey(keys, keyId, reportKey, { operation, attempt, expiresAt });
}

/** Undefined when the report is to be accepted. The order of the answers is part of the contract with agents. */
function judge(
  found: RunStatus | undefined,
  id: OperationId,
  attempt: number,
  event: ReportEvent,
): HttpResponseInit | undefined {
  if (!found || found.input.run !== id.run)
    return gone('report-ended', 'The operation has ended, or another has taken its place.');
  const accepted = (found.outcome?.reports ?? found.progress?.pullCheck?.reports ?? {})[attempt];
  if (accepted === event.hash) return { status: 200, jsonBody: { status: 'accepted before' } satisfies ReportAnswer };
  if (hasEnded(found)) return gone('report-ended', 'The operation has ended.');
  if (found.progress?.pullCheck?.attempt !== attempt)
    return gone('report-superseded', 'The device was asked again since.');
  if (new Date(event.report.expiresAt) <= new Date()) return gone('report-expired', 'The report came too late.');
  if (accepted === undefined) return undefined;
  return problem({
    status: 409,
    code: 'report-differs',
    title: 'Another report was accepted.',
    detail: 'This attempt has an accepted report with other content. The first one counts.',
  });
}

function gone(code: 'report-ended' | 'report-superseded' | 'report-expired', detail: string): HttpResponseInit {
  return problem({ status: 410, code, title: 'The report is of no use any more.', detail });
}
