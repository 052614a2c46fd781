import type { DryRunAnswer, RotationDryRunAnswer } from '@connected-registry/protocol/answers/answers';
import type { Api } from '../../data/api.js';

/** What an action would do. */
export interface Plan {
  /** In words of ours; names in it are from outside. */
  readonly sentences: readonly string[];
  /** The app's own dry run, where it has one. */
  readonly answer?: DryRunAnswer | RotationDryRunAnswer;
  /** The body that was planned, and is sent: what a plan was made of may have changed since. */
  readonly request?: unknown;
  /** The app would refuse it, as the sentences say. */
  readonly isImpossible?: true;
}

/** What the app answered to an action. */
export interface Outcome {
  readonly sentence: string;
  /** The operation that was started or attached to. */
  readonly operation?: string;
  readonly warnings?: NonNullable<DryRunAnswer['warnings']>;
}

/** A place of the page that shows whether something was done. */
export interface Place {
  readonly to: readonly string[];
  readonly query?: Readonly<Record<string, string>>;
  /** What is seen there: `the history of the client`. */
  readonly shows: string;
  /** What the same request does if it is sent again. */
  readonly again?: string;
}

/** Something that an operator may have done, once its plan was shown. */
export interface Action {
  /** What the button says: `Revoke`. */
  readonly name: string;
  readonly title: string;
  /** Name from outside of what it is done to. */
  readonly about: string;
  /** What it does, before the plan is known. */
  readonly help: string;
  readonly isDanger?: true;
  /** A text to be typed in before: its name, once more. */
  readonly typed?: string;
  /** Where to look if nobody knows whether the app took it. */
  readonly look: Place;
  /** Changes nothing. @throws {FaultError} */
  readonly plan: (api: Api) => Promise<Plan>;
  /** @throws {FaultError} */
  readonly send: (api: Api, plan: Plan) => Promise<Outcome>;
}
