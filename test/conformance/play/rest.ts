/**
 * Waits until an instance does nothing any more: it has ended, or waits for what nobody does by itself. Whether work is
 * outstanding is read in its history, so that a slow host is waited for, and a fast one is not.
 */
import { isEnded, sleep, type CaseRun, type Status } from '../run/caseRun.js';

const pollEvery = 100;
/** How long nothing may change, for what no history shows: messages on their way, and entities. */
const quiet = 1300;
const patience = 45_000;
/** Timers that fire later than this are not waited for. */
const soon = 20_000;
/** How long after its time a timer that was not cancelled may fire. */
const late = 2000;

interface HistoryEvent {
  readonly EventType: string;
  readonly FireAt?: string;
  readonly InstanceId?: string;
}

type Watched = Status & { lastUpdatedTime?: string; historyEvents?: HistoryEvent[] };

/** The history of a status lists a task, a timer or a child by its start only as long as it has not ended. */
async function isBusy(run: CaseRun, status: Watched, depth = 0): Promise<boolean> {
  if (isEnded(status)) return false;
  if (['Pending', 'ContinuedAsNew'].includes(status.runtimeStatus)) return true;
  // Answers are kept back.
  if (status.runtimeStatus === 'Suspended') return false;
  const now = Date.now();
  for (const { EventType: type, FireAt: fireAt = '', InstanceId: id = '' } of status.historyEvents ?? []) {
    if (type === 'TaskScheduled') return true;
    const until = Date.parse(fireAt);
    if (type === 'TimerCreated' && until < now + soon && until > now - late) return true;
    if (type !== 'SubOrchestrationInstanceCreated' || depth > 4) continue;
    const child = await watched(run, id);
    // It is on its way: to be made, or to tell its parent of its end.
    if (child === undefined || isEnded(child) || (await isBusy(run, child, depth + 1))) return true;
  }
  return false;
}

async function watched(run: CaseRun, id: string): Promise<Watched | undefined> {
  const query = `showHistory=true&${run.code}`;
  const { status, body } = await run.http('GET', `${run.hook}/instances/${encodeURIComponent(id)}?${query}`);
  if (status === 404) return undefined;
  // Two retried tasks may make a history that cannot be shown; the status alone says less.
  if (status === 400)
    return (await run.http('GET', `${run.hook}/instances/${encodeURIComponent(id)}?${run.code}`)).body as Watched;
  return body as Watched;
}

/**
 * @param least milliseconds that it waits in any case
 * @param id of another instance than the case's
 * @returns the last status; undefined if there is no such instance
 */
export async function untilRest(run: CaseRun, child = '', least = 0, id = run.id + child): Promise<Status | undefined> {
  const start = Date.now();
  let seen = '';
  let since = start;
  for (;;) {
    const status = await watched(run, id);
    const now = Date.now();
    const signature = JSON.stringify([status?.runtimeStatus, status?.lastUpdatedTime, status?.customStatus]);
    if (signature !== seen || (status !== undefined && (await isBusy(run, status)))) {
      seen = signature;
      since = now;
    }
    const enough = Math.max(least, status !== undefined && isEnded(status) ? 0 : quiet);
    if (now - since >= enough && now - start >= least) return status;
    if (now - start > patience) {
      run.note('never at rest', true);
      return status;
    }
    await sleep(pollEvery);
  }
}
