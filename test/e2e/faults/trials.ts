import type { Operation } from '../harness/appClient.js';
import type { ClientNames } from './calls.js';
import type { FaultKind } from './faultKinds.js';

/** The n-th call of one kind that every run makes. */
export interface CallSite {
  readonly key: string;
  readonly nth: number;
  /** Whether it tells whose it is, so that many clients can be at work while it is struck. */
  readonly isOwn: boolean;
}

/** One field of the matrix. */
export interface Trial {
  readonly site: CallSite;
  readonly fault: FaultKind;
}

/** How a trial ended; `wrong` is empty when every invariant held. */
export interface TrialEnd extends Trial {
  readonly status: Operation['status'];
  readonly code?: string;
  readonly wrong: readonly string[];
}

/** @param wrong the invariants that were broken. */
export function endOfTrial(
  trial: Trial,
  { status, failure }: Pick<Operation, 'status' | 'failure'>,
  wrong: readonly string[],
): TrialEnd {
  return { ...trial, status, ...(failure ? { code: failure.code } : {}), wrong };
}

/** Something that the app does for a client, whose calls a matrix strikes. */
export interface Struck {
  /** So many clients at once are at work in the app; absent where there is no bound. */
  readonly most?: number;
  /** Does it once without any fault. @returns the calls that it took, in order. */
  record(): Promise<CallSite[]>;
  /** Trials at once; those that kill share one kill. @param isAlone for a call that does not tell whose it is. */
  run(trials: readonly Trial[], isAlone?: boolean): Promise<TrialEnd[]>;
  /** Makes clients ready for so many trials at once. */
  prepare?(trials: number): Promise<void>;
  /** Does what is to mend everything that trials have left. @returns what is wrong then. */
  afterwards?(): Promise<string[]>;
}

/** What a matrix may strike of the calls that one run took. */
export function sitesOf(calls: readonly { readonly key: string; readonly nth: number }[]): CallSite[] {
  return calls.filter(isCertain).map(({ key, nth }) => ({ key, nth, isOwn: namesItsClient(key) }));
}

/** How often the device must be asked again depends on when it syncs. */
export function isCertain({ key, nth }: { key: string; nth: number }): boolean {
  return nth === 1 || !key.startsWith('POST topics/');
}

/** Facts that many clients share for some seconds or a minute (docs/decisions/0042-how-old-a-fact-may-be.md). */
export function isCached({ key }: CallSite): boolean {
  return (
    key === 'GET secrets' ||
    key === 'GET registries/{registry}' ||
    /^GET .*\/(connectedRegistries|tokens|scopeMaps)$/.test(key) ||
    /\/(tokens|scopeMaps)\/\{connectedRegistry\}$/.test(key)
  );
}

/** A path with a token, map or secret of one client, a password for one token, or an event for one client. */
function namesItsClient(key: string): boolean {
  return /\{(token|scopeMap|secret)\}/.test(key) || key.endsWith('/generateCredentials') || key.includes(' topics/');
}

/** One password, and a second only when the first can be known to nobody: its answer, or its saving, was lost. */
export function unneededPasswords(
  { site, fault }: Trial,
  { client }: ClientNames,
  line: { of(client: string): readonly { readonly key: string; readonly status?: number }[] },
): string[] {
  const isLost =
    (site.key.endsWith('/generateCredentials') && ['reply lost', 'killed after'].includes(fault)) ||
    (site.key === 'PUT secrets/{secret}-candidate' && !['slow', '403', 'reply lost', 'killed after'].includes(fault));
  const made = line
    .of(client)
    .filter(({ key, status }) => key.endsWith('/generateCredentials') && status === 200).length;
  const needed = isLost ? 2 : 1;
  return made > needed ? [`${made} passwords were generated, ${needed} needed`] : [];
}

/** How many calls of the app's own identity a report of the control plane counts: of ARM, vault and topic. */
export function callsOfApp(report: unknown): number {
  const { principals } = report as { principals: Record<string, Record<string, { total: number }>> };
  const { arm, vault, topic } = principals['app'] ?? {};
  return (arm?.total ?? 0) + (vault?.total ?? 0) + (topic?.total ?? 0);
}
