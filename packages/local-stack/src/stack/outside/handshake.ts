import { CallRefused } from '../operator/callRefused.js';

/** Codes of connections that fail while the control plane, which is supervised, is being restarted. */
const RESTARTING = ['ECONNREFUSED', 'ECONNRESET'];

/** Statuses below 500 that a later attempt may not get: request timeout and too many requests. */
const PASSING = [408, 429];

/** Makes subscriptions whose webhook someone else starts. */
export class Handshake {
  readonly #reported = new Set<string>();

  /** @param report called once for each kind of unexpected failure, after which the caller tries again */
  constructor(private readonly report: (error: unknown) => void) {}

  /**
   * Tries once.
   *
   * @returns false if another attempt may succeed
   * @throws a refusal that another attempt would get, too
   */
  async isAnswered(subscribe: () => Promise<void>): Promise<boolean> {
    try {
      await subscribe();
      return true;
    } catch (error) {
      if (isExpected(error)) return false;
      if (isFinal(error)) throw error;
      const kind = kindOf(error);
      if (!this.#reported.has(kind)) this.report(error);
      this.#reported.add(kind);
      return false;
    }
  }
}

/** Whether nothing answers the handshake, or the control plane throttles or is being restarted. */
function isExpected(error: unknown): boolean {
  // Event Grid's code for a webhook that does not complete the handshake.
  if (error instanceof CallRefused) return error.code === 'Url validation' || error.status === 429;
  return error instanceof Error && 'code' in error && RESTARTING.includes(String(error.code));
}

function isFinal(error: unknown): boolean {
  return error instanceof CallRefused && error.status < 500 && !PASSING.includes(error.status);
}

/** Messages name operations, which differ with each attempt. */
function kindOf(error: unknown): string {
  if (error instanceof CallRefused) return String(error.status);
  if (!(error instanceof Error)) return typeof error;
  return 'code' in error ? String(error.code) : error.name;
}
