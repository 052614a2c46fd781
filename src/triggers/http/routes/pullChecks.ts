import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import type { DurableClient } from 'durable-functions';
import type { ReportAnswer } from '@connected-registry/protocol/answers/answers';
import type { OperationId } from '@connected-registry/protocol/names/operationId';
import { pullCheckReport, REPORT_FIELDS } from '@connected-registry/protocol/messages/pullCheckMessages';
import {
  sanitizeReport,
  reportEventName,
  reportHash,
  type ReportEvent,
} from '../../../domain/pullCheck/reportEvent.js';
import { verifyReportKey, verifyReportMac, type ReportKeys } from '../../../domain/pullCheck/reportKey.js';
import { audit, logEvent } from '../../../audit/audit.js';
import { deadlineIn, pollUntil, type Deadline } from '../../durable/pollUntil.js';
import { hasEnded, readRun, type RunStatus } from '../../durable/runStatus.js';
import { CONFIRMED_WITHIN } from '../../durable/startRun.js';
import { isInClear, type DeviceCredential } from '../requests/deviceKey.js';
import { deviceMessages } from '../requests/deviceMessage.js';
import { problem } from '../answers/problem.js';

/**
 * Milliseconds to wait until the run has accepted a report, as for the start of a run. After that the answer is 503,
 * and the agent sends the report again.
 */
const REPORT_ACCEPTED_WITHIN = CONFIRMED_WITHIN;

/** Milliseconds between two reads. */
const READ_INTERVAL = 100;

/**
 * `POST /api/pull-checks/{operation}/{attempt}`: accepts a device's report. A MAC by the attempt's derived key
 * authenticates it, or that key itself, and is verified before anything is read. A refused report changes nothing. Of
 * several concurrent reports the run accepts one, so the run's status is read back before the answer.
 */
export function postPullCheck(keys: ReportKeys) {
  const read = deviceMessages({
    schema: pullCheckReport,
    fields: REPORT_FIELDS,
    consequence: 'The report was not accepted.',
    refusal: 'report.accept.refused',
  });
  return async (request: HttpRequest, client: DurableClient): Promise<HttpResponseInit> => {
    const attempt = Number(request.params['attempt']);
    const message = await read(request, client, (credential, operation) =>
      isAuthentic(credential, keys, operation, attempt),
    );
    if ('refusal' in message) return message.refusal;
    const { body: report, operation, id, refused } = message;
    const until = deadlineIn(REPORT_ACCEPTED_WITHIN);
    const received = { id, attempt, hash: reportHash(report), expiresAt: new Date(report.expiresAt) };
    const first = await readUntil(client, received, until, (verdict) => verdict !== 'not shown');
    if (first.verdict !== 'awaited') {
      const answer = toAnswer(first.verdict);
      if (answer.status !== 200) refused(`status-${answer.status ?? 0}`);
      return answer;
    }
    const sanitized = sanitizeReport(report, first.run?.progress?.pullCheck?.request.image);
    const event: ReportEvent = { hash: received.hash, report: sanitized };
    await client.raiseEvent(id.instance, reportEventName(id.run, attempt), event);
    const { verdict } = await readUntil(client, received, until, (read) => typeof read !== 'string');
    const answer = verdict === ACCEPTED_BEFORE ? ACCEPTED : toAnswer(verdict);
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

function isAuthentic(credential: DeviceCredential, keys: ReportKeys, operation: string, attempt: number): boolean {
  if (!Number.isSafeInteger(attempt)) return false;
  if (!isInClear(credential)) return verifyReportMac(keys, credential, { operation, attempt });
  const { keyId, reportKey, expiresAt } = credential;
  return verifyReportKey(keys, keyId, reportKey, { operation, attempt, expiresAt });
}

/** A report whose key is authentic. */
interface Received {
  readonly id: OperationId;
  readonly attempt: number;
  readonly hash: string;
  readonly expiresAt: Date;
}

/**
 * What a run's status says of a report: an answer; or `awaited` if the run should accept it; or `not shown` if the run
 * does not show the attempt yet.
 */
type ReportVerdict = HttpResponseInit | 'awaited' | 'not shown';

const ACCEPTED: HttpResponseInit = { status: 202, jsonBody: { status: 'accepted' } satisfies ReportAnswer };
const ACCEPTED_BEFORE: HttpResponseInit = {
  status: 200,
  jsonBody: { status: 'accepted before' } satisfies ReportAnswer,
};

/** Reads a run's status until the verdict is enough, or the time is over. Returns what it read last. */
async function readUntil(
  client: DurableClient,
  report: Received,
  until: Deadline,
  isEnough: (verdict: ReportVerdict) => boolean,
): Promise<{ readonly run: RunStatus | undefined; readonly verdict: ReportVerdict }> {
  const read = async () => {
    const run = await readRun(client, report.id.instance);
    return { run, verdict: judge(run, report) };
  };
  return pollUntil(read, { isEnough: ({ verdict }) => isEnough(verdict), every: READ_INTERVAL, until });
}

function toAnswer(verdict: ReportVerdict): HttpResponseInit {
  return typeof verdict === 'string' ? notConfirmed() : verdict;
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

/**
 * Compares a report with its run's status. The order of the checks is part of the contract with agents.
 *
 * The engine sends a turn's calls before it saves the turn's status, so a fast device reports about an attempt that the
 * run does not show yet. The attempt's key is authentic: the run did ask for it. Source: Azure/durabletask,
 * AzureStorageOrchestrationService, CompleteTaskOrchestrationWorkItemAsync.
 */
function judge(run: RunStatus | undefined, { id, attempt, hash, expiresAt }: Received): ReportVerdict {
  if (!run || run.input.run !== id.run)
    return gone('report-ended', 'The operation has ended, or another one has replaced it.');
  const accepted = (run.outcome?.reports ?? run.progress?.pullCheck?.reports ?? {})[attempt];
  if (accepted === hash) return ACCEPTED_BEFORE;
  if (hasEnded(run)) return gone('report-ended', 'The operation has ended.');
  const shown = run.progress?.pullCheck?.attempt ?? 0;
  if (attempt < shown) return gone('report-superseded', 'A later attempt has replaced this one.');
  if (expiresAt <= new Date()) return gone('report-expired', 'The report has expired.');
  if (attempt > shown) return 'not shown';
  if (accepted === undefined) return 'awaited';
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
