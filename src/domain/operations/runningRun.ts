import type { ClientReference } from '@connected-registry/protocol/names/clientKey';
import type { OperationKind } from '@connected-registry/protocol/answers/answers';
import type { Difference } from '@connected-registry/protocol/answers/clientAnswers';
import type { Judgement } from '../check/clientJudgement.js';

/** A client's running run. */
export interface RunningRun {
  /** Id of its operation. */
  readonly id: string;
  readonly kind: OperationKind;
}

/** Looks up a client's running run, if any. */
export type RunningOf = (client: ClientReference) => Promise<RunningRun | undefined>;

/** Temporary differences that a run causes or corrects, by its kind. An offboarding may cause any. */
const EXPLAINED: Readonly<Partial<Record<OperationKind, readonly Difference['code'][]>>> = {
  onboard: [
    'token-disabled',
    'secret-disabled',
    'token-scope-map',
    'scope-map-rights',
    'password-missing',
    'password-replaced',
  ],
  rotate: ['password-missing', 'password-replaced'],
  revoke: ['token-disabled', 'secret-disabled'],
};

/**
 * Removes the differences that a running run explains from a judgement. If none remain, the client's state is
 * `changing`.
 */
export function whileRunning(judgement: Judgement, run: RunningRun | undefined): Judgement {
  if (!run || judgement.differences.length === 0) return judgement;
  const explained = run.kind === 'offboard' ? undefined : (EXPLAINED[run.kind] ?? []);
  const differences =
    explained === undefined ? [] : judgement.differences.filter(({ code }) => !explained.includes(code));
  if (differences.length === judgement.differences.length) return judgement;
  return differences.length > 0 ? { ...judgement, differences } : { state: 'changing', differences };
}
