import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import type { DurableClient } from 'durable-functions';
import type { ReportAnswer } from '@connected-registry/protocol/answers/answers';
import { parseOperationId, type OperationId } from '@connected-registry/protocol/names/operationId';
import { pullCheckReport, REPORT_FIELDS } from '@connected-registry/protocol/messages/pullCheckMessages';
import {
  sanitizeReport,
  reportEventName,
  reportHash,
  type ReportEvent,
} from '../../../domain/pullCheck/reportEvent.js';
import { verifyReportKey, type ReportKeys } from '../../../domain/pullCheck/reportKey.js';
import { audit, logEvent } from '../../../audit/audit.js';
import { hasEnded, readRun, type RunStatus } from '../../durable/runStatus.js';
import { CONFIRMED_WITHIN } from '../../durable/startRun.js';
import { wrongDeviceKey, type DeviceKey } from '../requests/deviceKey.js';
import { deviceMessages } from '../requests/deviceMessage.js';
import { problem } from '../answers/problem.js';

/**
 * Milliseconds to wait until the run has accepted a report, as for the start of a run. After that the answer is 503, and the
 * agent sends the report again.
 */
const REPORT_ACCEPTED_WITHIN = CONFIRMED_WITHIN;

/** Milliseconds between two reads. */
const READ_INTERVAL = 100;

/**
 * `POST /api/pull-checks/{operation}/{attempt}`: accepts a device's report. The attempt's derived key authenticates it, and is
 * verified before anything is read. A refused report changes nothing. Of several concurrent reports the run accepts one, so
 * the run's status is read back before the answer.
 */
export function postPullCheck(keys: ReportKeys) {
  const read = deviceMessages({
    schema: pullCheckReport,
    fields: REPORT_FIELDS,
    consequence: 'The report was not accepted.',
  });
  return async (request: HttpRequest, client: DurableClient): Promise<HttpResponseInit> => {
    const operation = request.params['operation'] ?? '';
    const attempt = Number(request.params['attempt']);
    const id = parseOperationId(operation);
    const refused = (reason: string) => audit('report.accept.refused', { resource: operation.slice(0, 128), reason });
    const message = await read(request, {
      operation,
      isAuthentic: (key) => id !== undefined && isAuthentic(key, keys, operation, attempt),
      refused,
    });
    if ('refusal' in message) return message.refusal;
    if (!id) return wrongDeviceKey();
    const { body: report } = message;
    const found = await readRun(client, id.instance);
    const sanitized = sanitizeReport(report, found?.progress?.pullCheck?.request.image);
    const event: ReportEvent = { hash: reportHash(report), report: sanitized };
    const refusal = judge(found, id, attempt, event);
    if (refusal) {
      if (refusal.status !== 200) refused(`status-${refusal.status ?? 0}`);
      return refusal;
    }
    await client.raiseEvent(id.instance, reportEventName(id.run, attempt), event);
    const answer = await readBack(client, id, attempt, event);
    if (answer.status !== 202) refused(`status-${answer.status ?? 0}`);
    else {
      audit('report.accept.succeeded', { resource: id.instance, operation, reason: report.outcome });
      const { clockSkewSeconds } = report;
      if (clockSkewSeconds !== undefined)
        logEvent('device.clockSkew', { resource: id.instance, operation, clockSkewSeconds });
    }
    return answer;
  };
}

function isAuthentic(
  { keyId, reportKey, expiresAt }: DeviceKey,
  keys: ReportKeys,
  operation: string,
  attempt: number,
): boolean {
  return Number.isSafeInteger(attempt) && verifyReportKey(keys, keyId, reportKey, { operation, attempt, expiresAt });
}

/** Waits until the run has accepted a report for this attempt: the first one that reaches it. */
async function readBack(
  client: DurableClient,
  id: OperationId,
  attempt: number,
  event: ReportEvent,
): Promise<HttpResponseInit> {
  const until = Date.now() + REPORT_ACCEPTED_WITHIN;
  for (;;) {
    const answer = judge(await readRun(client, id.instance), id, attempt, event);
    if (answer?.status === 200) return { status: 202, jsonBody: { status: 'accepted' } satisfies ReportAnswer };
    if (answer) return answer;
    if (Date.now() + READ_INTERVAL > until) return notConfirmed();
    await new Promise((resolve) => setTimeout(resolve, READ_INTERVAL));
  }
}

function notConfirmed(): HttpResponseInit {
  return problem(
    {
      status: 503,
      code: 'engine-slow',
      title: 'The report could not be confirmed.',
      detail: 'The run has not accepted the report yet. Send the same report again until it is confirmed.',
    },
    { 'retry-after': '5' },
  );
}

/** The answer to a report; undefined if the run should accept it. The order of the checks is part of the contract with agents. */
function judge(
  found: RunStatus | undefined,
  id: OperationId,
  attempt: number,
  event: ReportEvent,
): HttpResponseInit | undefined {
  if (!found || found.input.run !== id.run)
    return gone('report-ended', 'The operation has ended, or another one has replaced it.');
  const accepted = (found.outcome?.reports ?? found.progress?.pullCheck?.reports ?? {})[attempt];
  if (accepted === event.hash) return { status: 200, jsonBody: { status: 'accepted before' } satisfies ReportAnswer };
  if (hasEnded(found)) return gone('report-ended', 'The operation has ended.');
  if (found.progress?.pullCheck?.attempt !== attempt)
    return gone('report-superseded', 'A later attempt has replaced this one.');
  if (new Date(event.report.expiresAt) <= new Date()) return gone('report-expired', 'The report has expired.');
  if (accepted === undefined) return undefined;
  return problem({
    status: 409,
    code: 'report-differs',
    title: 'Another report was accepted.',
    detail: 'This attempt already has an accepted report with other content. The first report counts.',
  });
}

function gone(code: 'report-ended' | 'report-superseded' | 'report-expired', detail: string): HttpResponseInit {
  return problem({ status: 410, code, title: 'The report is too late.', detail });
}
