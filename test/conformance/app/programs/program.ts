/**
 * Programs: orchestrations as data, drawn by seed (test/conformance/fuzz) or written by hand
 * (test/conformance/cases/programs.ts). The interpreter is in run.ts.
 */
import type { OddError } from './oddErrors.js';
import type { OddValue } from './oddValues.js';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

/** What is passed on: JSON, a value by its name, or nothing. */
export interface Passed {
  readonly input?: Json;
  readonly odd?: OddValue;
}

/** Milliseconds; as df.RetryOptions. */
export interface Retries {
  readonly first: number;
  readonly attempts: number;
  readonly backoff?: number;
  readonly longest?: number;
  readonly timeout?: number;
}

/** What can be awaited. */
export type TaskStep =
  | ({ readonly op: 'activity'; readonly name: string } & Passed)
  /** An activity that fails so many times, then succeeds. */
  | { readonly op: 'retry'; readonly failures: number; readonly options: Retries; readonly error?: OddError }
  /** A child with a program of its own; named by its parent and place, or by the engine. */
  | { readonly op: 'child'; readonly steps: readonly Step[]; readonly named: boolean; readonly options?: Retries }
  /** A child that does what `orchestrator` does. */
  | ({ readonly op: 'other'; readonly orchestrator: string } & Passed)
  | { readonly op: 'timer'; readonly seconds: number }
  | { readonly op: 'event'; readonly name: string }
  | ({ readonly op: 'entity'; readonly key: string; readonly operation: string } & Passed)
  | { readonly op: 'all'; readonly tasks: readonly TaskStep[] }
  | { readonly op: 'any'; readonly tasks: readonly TaskStep[]; readonly keepTimers?: boolean };

export type Step =
  | TaskStep
  /**
   * Tasks that start together and are awaited one after another, in this order; `first` waits for any of them before.
   */
  | {
      readonly op: 'apart';
      readonly tasks: readonly TaskStep[];
      readonly order: readonly number[];
      readonly first: boolean;
    }
  | {
      readonly op: 'try';
      readonly steps: readonly Step[];
      readonly caught?: readonly Step[];
      readonly after?: readonly Step[];
    }
  | ({ readonly op: 'signal'; readonly key: string; readonly operation: string } & Passed)
  | {
      readonly op: 'lock';
      readonly keys: readonly string[];
      readonly steps: readonly Step[];
      readonly release: boolean;
    }
  | ({ readonly op: 'status' } & Passed)
  | { readonly op: 'guid' }
  | { readonly op: 'now' }
  | { readonly op: 'throw'; readonly error: OddError }
  | ({ readonly op: 'return' } & Passed)
  /** Tasks that are made and never awaited. */
  | { readonly op: 'abandon'; readonly tasks: readonly TaskStep[] };

/** Input of the orchestrator `program`. Children share the entities of `root`. */
export interface Program {
  readonly steps: readonly Step[];
  readonly root?: string;
}

/** Input of the orchestrator `generations`, which continues as new after each but the last. */
export interface Generations {
  readonly generations: readonly (readonly Step[])[];
  readonly root?: string;
  readonly results?: readonly unknown[];
  /** What it does after it has asked to continue as new. */
  readonly afterwards?: 'returns' | 'throws' | 'calls';
}
