import type { AgentClock } from '../../agentClock.js';
import { pause } from '../../agentClock.js';
import type { HubIdentity } from './hubIdentity.js';
import { makeLogin } from './login.js';
import { openHubSession } from './session.js';
import type { Session, SessionEvents } from './session.js';

export interface ConnectionOptions {
  readonly identity: HubIdentity;
  readonly port: number;
  /** A CA certificate for the hub or gateway, in PEM, in addition to the well-known ones. */
  readonly caFile: string | undefined;
  readonly clock: AgentClock;
}

/** Why a connection has ended: its signature is about to expire, or it was lost. */
export type ConnectionEnd = { readonly kind: 'expiring' } | { readonly kind: 'lost'; readonly reason: string };

/** Share of a signature's lifetime after which the connection is renewed. */
const RENEW_AT = 0.8;

/** The connection to the hub: at most one session at a time. */
export class HubConnection {
  #session: Session | undefined;

  constructor(
    private readonly options: ConnectionOptions,
    private readonly events: SessionEvents,
  ) {}

  get isOpen(): boolean {
    return this.#session !== undefined;
  }

  /** Requests the whole twin, if the connection is open. */
  getTwin(): void {
    this.#session?.getTwin();
  }

  /**
   * Updates reported properties.
   * @returns a name that identifies the answer; undefined if the connection is not open
   */
  report(patch: unknown): string | undefined {
    return this.#session?.report(patch);
  }

  /**
   * Opens the connection, and keeps it until it ends or is to be renewed.
   * @param opened called once it is open
   * @throws the reason why it could not be opened
   */
  async hold(opened: () => void, signal: AbortSignal): Promise<ConnectionEnd> {
    const { identity, port, caFile, clock } = this.options;
    const login = await makeLogin(identity, caFile, clock.now());
    const session = await openHubSession(login, port, this.events, signal);
    this.#session = session;
    const ending = new AbortController();
    const abort = () => ending.abort();
    signal.addEventListener('abort', abort, { once: true });
    try {
      opened();
      const lost = (reason: string): ConnectionEnd => ({ kind: 'lost', reason });
      return await Promise.race([
        session.ended.then(lost),
        aborted(ending.signal).then(() => lost('stopped')),
        ...(login.until ? [this.#expiring(login.until, ending.signal)] : []),
      ]);
    } finally {
      this.#session = undefined;
      signal.removeEventListener('abort', abort);
      ending.abort();
      await session.end();
    }
  }

  /** Resolves when most of the signature's lifetime has passed. */
  async #expiring(until: Date, end: AbortSignal): Promise<ConnectionEnd> {
    const { clock } = this.options;
    await pause(clock, (until.getTime() - clock.now().getTime()) * RENEW_AT, end);
    return { kind: 'expiring' };
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
