import type { Signal, SignalHandler } from './channels/channel.js';
import type { Checks } from './checks.js';
import type { Keeper } from './keeper/keeper.js';
import type { Log } from './log.js';
import { createSeen } from './seen.js';

export interface AgentParts {
  /** The clients that this agent answers for; undefined for all clients. */
  clients: ReadonlySet<string> | undefined;
  checks: Checks;
  keeper: Pick<Keeper, 'promoted' | 'health' | 'stop'>;
  log: Log;
}

/** The agent as its channel sees it. */
export interface Agent {
  handle: SignalHandler;
  health(): Record<string, number>;
  /** Ends running work, and resolves when it has ended. */
  stop(): Promise<void>;
}

/** Maximum signals that are remembered to detect repetitions. */
const MAX_REMEMBERED = 10_000;

/**
 * Creates an agent that handles each signal once: it runs and reports requested checks, and delivers promoted
 * credentials to its consumers.
 */
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
    return 'accepted';
  }

  return {
    handle,
    health: () => ({ ...checks.health(), ...keeper.health(), signalsRemembered: seen.count() }),
    async stop() {
      await Promise.all([checks.stop(), keeper.stop()]);
    },
  };
}

/** Leaves out the trace, which differs when another activity sends the same request again. */
function withoutTrace({ kind, data }: Signal): unknown {
  return { kind, data: { ...data, traceparent: undefined } };
}
