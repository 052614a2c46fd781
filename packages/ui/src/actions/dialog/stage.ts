import type { Api } from '../../data/api.js';
import { useEffect, useRef, useState } from 'preact/hooks';
import { useServices } from '../../layout/services.js';
import { FaultError, type Fault } from '../../data/fault.js';
import type { Action, Outcome, Plan } from './action.js';

/** How far an action is. */
export type Stage =
  /** Nothing was asked for yet. */
  | { readonly kind: 'idle' }
  | { readonly kind: 'planning' }
  | { readonly kind: 'unplanned'; readonly fault: Fault }
  | { readonly kind: 'planned'; readonly plan: Plan }
  | { readonly kind: 'sending'; readonly plan: Plan }
  | { readonly kind: 'failed'; readonly plan: Plan; readonly fault: Fault }
  | { readonly kind: 'done'; readonly outcome: Outcome };

export interface Staged {
  readonly stage: Stage;
  /** Asks for the plan. A plan that was asked for before is forgotten. */
  readonly makePlan: (plan: Action['plan']) => void;
  /** Does what was planned, once: not before there is a plan, and not while it is being done. */
  readonly carryOut: (send: Action['send']) => void;
  /** Forgets the plan, as when what it is about changes. */
  readonly reset: () => void;
}

/** Takes an action from its plan to its outcome. */
export function useStage(): Staged {
  const { api: given, polls } = useServices();
  const [stage, setStage] = useState<Stage>({ kind: 'idle' });
  // State is seen by the next rendering only: two clicks may come before.
  const isSending = useRef(false);
  const turn = useRef(0);
  useEffect(() => () => void turn.current++, []);

  const run = async <T>(work: (api: Api) => Promise<T>, done: (value: T) => Stage, failed: (fault: Fault) => Stage) => {
    const mine = ++turn.current;
    const next = await work(given).then(done, (error: unknown) => failed(faultOf(error)));
    if (mine === turn.current) setStage(next);
  };

  return {
    stage,
    makePlan(plan) {
      if (isSending.current) return;
      setStage({ kind: 'planning' });
      void run(
        plan,
        (value) => ({ kind: 'planned', plan: value }),
        (fault) => ({ kind: 'unplanned', fault }),
      );
    },
    carryOut(send) {
      if (isSending.current || (stage.kind !== 'planned' && stage.kind !== 'failed')) return;
      isSending.current = true;
      const { plan } = stage;
      setStage({ kind: 'sending', plan });
      void run(
        (api) => send(api, plan),
        (outcome) => ({ kind: 'done', outcome }),
        (fault) => ({ kind: 'failed', plan, fault }),
      ).finally(() => {
        isSending.current = false;
        polls.refresh();
      });
    },
    reset() {
      if (isSending.current) return;
      turn.current++;
      setStage({ kind: 'idle' });
    },
  };
}

function faultOf(error: unknown): Fault {
  return error instanceof FaultError ? error.fault : { kind: 'unexpected', status: 0 };
}
