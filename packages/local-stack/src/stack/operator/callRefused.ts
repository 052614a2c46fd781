import { z } from 'zod';

const armProblem = z.object({ error: z.object({ code: z.string() }) });

/** A service answered a call with an error. */
export class CallRefused extends Error {
  override name = 'CallRefused';

  constructor(
    call: string,
    readonly status: number,
    /** The parsed body of the answer. */
    readonly body: unknown,
  ) {
    super(`${call} answered ${status}: ${JSON.stringify(body)}`);
  }

  /** The code in ARM's error envelope. */
  get code(): string | undefined {
    return armProblem.safeParse(this.body).data?.error.code;
  }
}
