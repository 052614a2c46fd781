import type { ClientReference } from '@connected-registry/protocol/names/clientKey';
import type { OperationKind } from '@connected-registry/protocol/answers/answers';
import type { Difference } from '@connected-registry/protocol/answers/clientAnswers';
import type { Judgement } from '../check/clientJudgement.js';

/** A run that is at work with a client. */
export interface RunningRun {
  /** Its operation. */
  readonly id: string;
  readonly kind: OperationKind;
}

/** The run that is at work with a client, if any. */
export type RunningOf = (client: ClientReference) => Promise<RunningRun | undefined>;

/** Differences that a run makes on its way, or that it finds and puts right, by its kind; an offboarding makes any. */
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
 * A judgement in the light of the run that is at work: what that explains is no difference while it lasts. A client of
 * which nothing else is wrong is `changing`.
 */
export function whileRunning(judgement: Judgement, run: RunningRun | undefined): Judgement {
  if (!run || judgement.differences.length === 0) return judgement;
  const explained = run.kind === 'offboard' ? undefined : (EXPLAINED[run.kind] ?? []);
  const differences =
    explained === undefined ? [] : judgement.differences.filter(({ code }) => !explained.includes(code));
  if (differences.length === judgement.differences.length) return judgement;
  return differences.length > 0 ? { ...judgement, differences } : { state: 'changing', differences };
}
