import { z } from 'zod';

/** Seconds before its end from which a token is not used any more: a request must arrive before the token expires. */
const MARGIN = 300;

/** The token endpoint's answer, as far as it is used. */
export const tokenAnswer = z.object({ access_token: z.string(), expires_in: z.number() });

interface KeptToken {
  readonly answer: Promise<z.infer<typeof tokenAnswer>>;
  /** Milliseconds since the epoch until which the token is used; unknown until the answer has come. */
  until?: number;
}

/** Keeps one access token for each scope, and requests another one before it expires. */
export class KeptTokens {
  readonly #kept = new Map<string, KeptToken>();

  /**
   * @param request requests a token
   * @param now milliseconds since the epoch
   */
  constructor(
    private readonly request: (scope: string) => Promise<z.infer<typeof tokenAnswer>>,
    private readonly now: () => number,
  ) {}

  /** A token that is not about to expire. Concurrent callers share one request. */
  async of(scope: string): Promise<string> {
    const kept = this.#kept.get(scope);
    const isUsable = kept && (kept.until === undefined || this.now() < kept.until);
    const { access_token: token } = await (isUsable ? kept : this.#requested(scope)).answer;
    return token;
  }

  /** Uses `token` no more, if it is still the scope's. */
  async drop(scope: string, token: string): Promise<void> {
    const kept = this.#kept.get(scope);
    if (kept && (await kept.answer).access_token === token && this.#kept.get(scope) === kept) this.#kept.delete(scope);
  }

  #requested(scope: string): KeptToken {
    const since = this.now();
    const kept: KeptToken = { answer: this.request(scope) };
    kept.answer.then(
      ({ expires_in: seconds }) => (kept.until = since + (seconds - MARGIN) * 1000),
      () => {
        if (this.#kept.get(scope) === kept) this.#kept.delete(scope);
      },
    );
    this.#kept.set(scope, kept);
    return kept;
  }
}
