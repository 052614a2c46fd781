import type { Signal, SignalHandler } from './channels/channel.js';
import type { Checks } from './checks.js';
import type { Keeper } from './keeper.js';
import type { Log } from './log.js';
import { createSeen } from './seen.js';

export interface AgentParts {
  /** The clients this agent answers for; undefined for all. */
  clients: ReadonlySet<string> | undefined;
  checks: Checks;
  keeper: Keeper;
  log: Log;
}

/** The agent behind its channel. */
export interface Agent {
  handle: SignalHandler;
  health(): Record<string, number>;
  /** Ends what runs, and waits for it. */
  stop(): Promise<void>;
}

/** How many signals are remembered against repetition. */
const MAX_REMEMBERED = 10_000;

/** Takes each signal once: requested checks are run and reported, promoted credentials go to their consumers. */
export function createAgent({ clients, checks, keeper, log }: AgentParts): Agent {
  const seen = createSeen(MAX_REMEMBERED);

  function handle(signal: Signal): ReturnType<SignalHandler> {
    if (clients && !clients.has(signal.data.client)) return 'notMine';
    if (signal.kind === 'pullCheckRequested' && checks.isFull()) return 'busy';
    if (!seen.firstTime(withoutTrace(signal))) return 'duplicate';
    if (signal.kind === 'credentialPromoted') {
      const { operation, client, secret } = signal.data;
      log('credential promoted', { operation, client, secret: secret.name, version: secret.version });
      keeper.promoted(signal.data);
    } else {
      checks.add(signal.data);
    }
    return 'taken';
  }

  return {
    handle,
    health: () => ({ ...checks.health(), ...keeper.health(), signalsRemembered: seen.count() }),
    async stop() {
      await Promise.all([checks.stop(), keeper.stop()]);
    },
  };
}

/** A request that is sent again by another activity comes with another place in the trace, and is the same request. */
function withoutTrace({ kind, data }: Signal): unknown {
  return { kind, data: { ...data, traceparent: undefined } };
}
