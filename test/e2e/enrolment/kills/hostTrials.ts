import { isThere, until } from '../../../shared/until.js';
import { ofRing } from '../../harness/ring.js';
import type { TestStack } from '../../harness/testStack.js';
import type { HostKiller, HostStep } from './hostKiller.js';

/**
 * Asks until there is an answer: while the host is away there is none. What the app could not confirm is asked for
 * again, as a device does.
 */
export function untilAnswered<T extends { readonly status: number }>(ask: () => Promise<T | undefined>): Promise<T> {
  return until(ask, (answer): answer is Awaited<T> => isThere(answer) && answer.status < 500, 'the app answers', {
    pause: 50,
  });
}

/** As {@link untilAnswered}, for what throws without an answer. */
export async function untilDone<T>(ask: () => Promise<T>): Promise<T> {
  const { value } = await until(
    () => ask().then((value) => ({ value }), lostAnswer),
    (outcome) => 'value' in outcome,
    'the app answers',
    { pause: 50 },
  );
  return value;
}

/** `fetch failed`, or an answer that was cut off. @throws every other error */
function lostAnswer(error: unknown): { readonly lost: Error } {
  if (error instanceof TypeError || error instanceof SyntaxError) return { lost: error };
  throw error;
}

/** Kinds of steps of what changes a record, and of what reads one and the vault. */
export const [CHANGES, READS] = [
  ['request', 'write', 'sync', 'synced', 'answer'],
  ['request', 'call', 'called', 'answer'],
];

/** One piece of work of the host, with a device of its own or what it has asked for before. */
export interface Trial {
  readonly work: () => Promise<unknown>;
  /** What is true afterwards, whether the host was killed or not. */
  readonly check: () => Promise<void>;
}

export type Choice = (steps: readonly HostStep[]) => readonly HostStep[];
export const firstOfEach: Choice = (steps) => steps.filter(({ nth }) => nth === 1);
export const lastOfEach: Choice = (steps) =>
  steps.filter(({ kind }, at) => !steps.slice(at + 1).some((later) => later.kind === kind));

/** Kills a stack's host during trials. */
export class HostTrials {
  constructor(
    private readonly killer: HostKiller,
    private readonly it: TestStack,
  ) {}

  /**
   * Has the host killed at the steps of one kind of work, in the long ring at all.
   * @param trialOf makes a trial, from its number
   * @param few chooses the steps in the default ring
   * @returns the kinds of the steps at which it was killed
   */
  async killAtEach(
    kinds: readonly string[],
    trialOf: (nth: number) => Promise<Trial>,
    few: Choice = firstOfEach,
  ): Promise<Set<string>> {
    const first = await trialOf(0);
    const steps = (await this.killer.record(first.work)).filter(({ kind }) => kinds.includes(kind));
    await first.check();
    const chosen = ofRing({ default: few(steps), long: steps });
    const killedAt = new Set<string>();
    let trials = 0;
    for (const { kind, nth } of chosen) {
      // The host stores several changes at once or one by one, so the same work can have fewer steps the next time.
      for (let earlier = nth; earlier > 0; earlier--) {
        const { work, check } = await trialOf((trials += 1));
        const killed = await this.killer.kill({ kind, nth: earlier }, this.it, work);
        await check();
        if (!killed) continue;
        killedAt.add(kind);
        break;
      }
    }
    return killedAt;
  }
}
