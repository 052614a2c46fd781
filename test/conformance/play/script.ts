/** Cases as data: what is started, and what callers do to it. Drawn by seed (../fuzz), or written by hand. */
import type { Generations, Json, Program } from '../app/programs/program.js';

export interface RaisedEvent {
  readonly event: string;
  /** Absent: the request has no body. */
  readonly value?: Json;
}

/** Something that is done to the case's instance, or to a named child of it. */
export type Action = { readonly child?: string } & (
  | ({ readonly do: 'raise'; readonly byClient?: true } & RaisedEvent)
  /** One after another, without a pause. */
  | { readonly do: 'burst'; readonly events: readonly RaisedEvent[] }
  | {
      readonly do: 'manage';
      readonly how: 'suspend' | 'resume' | 'terminate' | 'rewind';
      readonly reason?: string;
      readonly byClient?: true;
    }
  /** `fresh` is what the request says of a new id; absent: nothing. */
  | { readonly do: 'restart'; readonly fresh?: boolean }
  | { readonly do: 'purge' }
  | { readonly do: 'start'; readonly orchestrator: string; readonly input?: Json; readonly byHook?: true }
  | { readonly do: 'query'; readonly query: string }
  | { readonly do: 'signal'; readonly key: string; readonly operation: string; readonly value?: Json }
  | { readonly do: 'readEntity'; readonly key: string }
);

/** The events of a burst one after another. */
export const oneByOne = (action: Action): readonly Action[] =>
  action.do === 'burst' ? action.events.map((event): Action => ({ do: 'raise', ...event })) : [action];

/** One case. */
export interface Script {
  readonly orchestrator: string;
  readonly input?: Program | Generations | Json;
  readonly actions?: readonly Action[];
  /** The first action follows the start at once. */
  readonly atOnce?: true;
}
