import type { Log } from './log.js';
import { errorName } from './pullFailure.js';
import type { Acknowledgeable, Sent } from './reporter.js';

export interface AcknowledgementOptions {
  acknowledge: (promotion: Acknowledgeable, version: string, signal: AbortSignal) => Promise<Sent>;
  /** Registers work that must end before the agent ends. */
  track: (work: Promise<void>) => Promise<void>;
  log: Log;
}

/** Maximum acknowledgements of one secret that are sent at the same time. */
const MAX_OPEN = 8;

interface Open {
  readonly version: string;
  /** True if the promotion names the delivered version. A sender that knows only the secret's name cannot name it. */
  readonly isExact: boolean;
  readonly ending: AbortController;
}

/**
 * Acknowledgements of the promotions of one secret. Each is sent until it is answered. A message does not prove that
 * the app sent it, so one promotion does not end the acknowledgement of another, unless it names a version that was
 * delivered later.
 */
export class Acknowledgements {
  readonly #open = new Map<string, Open>();

  constructor(private readonly options: AcknowledgementOptions) {}

  get isOpen(): boolean {
    return this.#open.size > 0;
  }

  /**
   * Starts to acknowledge that this version was delivered. Repeated promotions of the same version are acknowledged
   * once.
   */
  begin(promotion: Acknowledgeable, version: string): void {
    const { log, track } = this.options;
    const { operation, client, keyId, reportKey } = promotion;
    const id = JSON.stringify([operation, keyId, reportKey]);
    const same = this.#open.get(id);
    if (same?.version === version) return;
    same?.ending.abort();
    const isExact = promotion.secret.version === version;
    if (isExact) for (const open of this.#open.values()) if (open.version !== version) open.ending.abort();
    if (!this.#hasRoom(isExact))
      return log('promotion not acknowledged', { operation, client, reason: 'too many at once' });
    const own: Open = { version, isExact, ending: new AbortController() };
    this.#open.set(id, own);
    void track(
      this.options
        .acknowledge(promotion, version, own.ending.signal)
        .then(({ end, tries, last }) =>
          log('promotion acknowledged', { operation, client, version, acknowledgement: end, tries, lastAnswer: last }),
        )
        .catch((error: unknown) => log('acknowledgement failed', { operation, error: errorName(error) }))
        .finally(() => {
          if (this.#open.get(id) === own) this.#open.delete(id);
        }),
    );
  }

  stop(): void {
    for (const { ending } of this.#open.values()) ending.abort();
  }

  /**
   * Returns whether there is room for another acknowledgement. One that names the delivered version may replace one
   * that does not.
   */
  #hasRoom(isExact: boolean): boolean {
    const going = [...this.#open].filter(([, { ending }]) => !ending.signal.aborted);
    if (going.length < MAX_OPEN) return true;
    const [, replaced] = going.find(([, open]) => isExact && !open.isExact) ?? [];
    replaced?.ending.abort();
    return replaced !== undefined;
  }
}
