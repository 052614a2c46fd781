import type { Log } from './log.js';
import { errorName } from './pullFailure.js';
import type { Acknowledgeable, Sent } from './reporter.js';

export interface AcknowledgementOptions {
  acknowledge: (promotion: Acknowledgeable, version: string, signal: AbortSignal) => Promise<Sent>;
  /** Has a piece of work waited for before the agent ends. */
  track: (work: Promise<void>) => Promise<void>;
  log: Log;
}

/** So many of one secret are sent beside each other. */
const MAX_OPEN = 8;

interface Open {
  readonly version: string;
  /** Whether its promotion names the version that was delivered; of one who only knows the secret's name it does not. */
  readonly isExact: boolean;
  readonly ending: AbortController;
}

/**
 * The acknowledgements of one secret's promotions, each sent until it is answered. A message alone tells nobody's from the app's,
 * so that none ends another's: only what names a version that was delivered later does.
 */
export class Acknowledgements {
  readonly #open = new Map<string, Open>();

  constructor(private readonly options: AcknowledgementOptions) {}

  get isOpen(): boolean {
    return this.#open.size > 0;
  }

  /** Begins to say that this version was delivered; once, however often it was promoted. */
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

  /** One that names the delivered version takes the place of one that does not. */
  #hasRoom(isExact: boolean): boolean {
    const going = [...this.#open].filter(([, { ending }]) => !ending.signal.aborted);
    if (going.length < MAX_OPEN) return true;
    const [, replaced] = going.find(([, open]) => isExact && !open.isExact) ?? [];
    replaced?.ending.abort();
    return replaced !== undefined;
  }
}
