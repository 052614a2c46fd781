import type {
  CheckFinding,
  CheckResult,
  UnusedResource,
  Verdict,
} from '@connected-registry/protocol/answers/clientAnswers';
import type { UnmanagedFinding } from '@connected-registry/protocol/answers/unmanagedAnswers';
import { shortHash, type ClientReference } from '@connected-registry/protocol/names/clientKey';
import { twinsAcross, type PartEnds } from '../clients/caseTwins.js';
import type { Run } from '../operations/run.js';

/** Name of the orchestration and kind of the operation. */
export const CHECK = 'check';

/** Without `clients`, the check covers all clients, and resources in the registries that no client uses. */
export interface CheckRequest {
  readonly clients?: readonly ClientReference[];
  /** The configured registries. */
  readonly registries: readonly string[];
}
export type CheckRun = Run<CheckRequest>;

/** Instance ids of checks start with this prefix. */
export const CHECK_PREFIX = 'ck-';

/**
 * The instance id of a check. Checks of all clients share one, so that two never run at once. A check of named clients
 * has its own.
 */
export function checkInstance(run: Pick<CheckRun, 'run' | 'request'>): string {
  return `${CHECK_PREFIX}${run.request.clients ? run.run : 'all'}`;
}

/** A hash that is equal for checks of the same clients. */
export function checkFingerprint({ clients }: Pick<CheckRequest, 'clients'>): string {
  return shortHash([CHECK, clients ?? 'all'], 32);
}

/** Result of one part of a check: one page of the vault's secrets, or a group of clients. */
export interface CheckPart {
  readonly counts: CheckResult['counts'];
  readonly findings: readonly CheckFinding[];
  readonly omittedFindings: number;
  /** {@link tokenMarks} of the tokens that the clients' secrets name. */
  readonly tokens: string;
  /** First and last clients of the part; absent if the check names its clients. */
  readonly ends?: PartEnds;
  /** Warnings about clients of this part whose names differ only in case. */
  readonly warnings?: CheckResult['warnings'];
  /** Continuation of the next part; absent in the last part. */
  readonly next?: string;
}

/** Resources in a registry that no client uses. */
export interface UnusedResources {
  readonly unused: readonly UnusedResource[];
  readonly omittedUnused: number;
  readonly warnings: CheckResult['warnings'];
}

/** Tokens of a registry that are bound and belong to no client. */
export interface UnmanagedOfRegistry {
  readonly unmanaged: readonly UnmanagedFinding[];
  readonly omittedUnmanaged: number;
}

/** What a check of all finds in one registry. The activity of an earlier version looked for no unmanaged tokens. */
export type RegistryFindings = UnusedResources & Partial<UnmanagedOfRegistry>;

/** Maximum clients and resources that a result lists, since it is kept in the durable history. Others are counted. */
export const MAX_FINDINGS = 200;
export const MAX_UNUSED = 100;
export const MAX_UNMANAGED = 100;

/** Combines the parts of a check into its result. */
export function sumUp(parts: readonly CheckPart[], perRegistry: readonly RegistryFindings[]): CheckResult {
  const counts: Partial<Record<Verdict, number>> = {};
  for (const part of parts)
    for (const [state, count] of Object.entries(part.counts) as [Verdict, number][])
      counts[state] = (counts[state] ?? 0) + count;
  const unused = perRegistry.flatMap((part) => part.unused);
  const unmanaged = perRegistry.flatMap((part) => part.unmanaged ?? []);
  const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);
  return {
    checked: sum(Object.values(counts)),
    counts,
    findings: parts.flatMap((part) => part.findings),
    omittedFindings: sum(parts.map((part) => part.omittedFindings)),
    unused: unused.slice(0, MAX_UNUSED),
    omittedUnused: sum(perRegistry.map((part) => part.omittedUnused)) + Math.max(0, unused.length - MAX_UNUSED),
    unmanaged: unmanaged.slice(0, MAX_UNMANAGED),
    omittedUnmanaged:
      sum(perRegistry.map((part) => part.omittedUnmanaged ?? 0)) + Math.max(0, unmanaged.length - MAX_UNMANAGED),
    warnings: [
      ...perRegistry.flatMap((part) => part.warnings),
      ...parts.flatMap((part) => part.warnings ?? []),
      ...twinsAcross(parts.map(({ ends }) => ends)),
    ],
  };
}

/**
 * Base64 of 4-byte hashes of tokens in use. The names of a fleet's tokens would not fit in the durable history. At
 * 20,000 tokens, one check in many thousands misses an unused token because its hash equals another's.
 */
export function tokenMarks(tokens: readonly { readonly registry: string; readonly token: string }[]): string {
  const marks = tokens.map(({ registry, token }) =>
    Buffer.from(shortHash([registry.toLowerCase(), token.toLowerCase()], 8), 'hex'),
  );
  return Buffer.concat(marks).toString('base64');
}

/**
 * Returns a function that looks a token up in the marks.
 * @param marks results of {@link tokenMarks}, one a part
 */
export function tokenLookup(marks: readonly string[]): (registry: string, token: string) => boolean {
  const known = new Set<number>();
  for (const text of marks) {
    const bytes = Buffer.from(text, 'base64');
    for (let at = 0; at + 4 <= bytes.length; at += 4) known.add(bytes.readUInt32BE(at));
  }
  return (registry, token) =>
    known.has(Number.parseInt(shortHash([registry.toLowerCase(), token.toLowerCase()], 8), 16));
}
