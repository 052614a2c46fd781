/** A violation of a rule. */
export interface Violation {
  readonly rule: Rule;
  readonly client: string;
  readonly at: string;
  readonly what: string;
  /** The client's last entries in the diary. */
  readonly story: readonly string[];
}

/** The rules of a year, in the words of the table. */
export const RULES = {
  pull: 'no pull fails for lack of a valid credential',
  main: 'the main secret always names a password that is live',
  live: 'never more than two live passwords',
  inTime: 'every client is rotated in time',
  waves: 'waves are kept',
  freeze: 'nothing starts or is revoked in a freeze window',
  writes: 'at most two ARM writes a rotation',
} as const;
export type Rule = keyof typeof RULES;

/** Maximum entries that are kept for each client. */
const STORY = 80;

/** A diary of each client, to explain failures, and the violations. */
export class Verdict {
  readonly violations: Violation[] = [];
  readonly #diary = new Map<string, string[]>();

  /** @param onViolation called for each violation */
  constructor(
    private readonly now: () => Date,
    private readonly onViolation: (violation: Violation) => void = () => undefined,
  ) {}

  note(client: string, entry: string): void {
    const story = this.#diary.get(client) ?? [];
    story.push(`${this.now().toISOString()} ${entry}`);
    if (story.length > STORY) story.shift();
    this.#diary.set(client, story);
  }

  /** The last entries of a client. */
  story(client: string): readonly string[] {
    return [...(this.#diary.get(client) ?? [])];
  }

  against(rule: Rule, client: string, what: string): void {
    const at = this.now().toISOString();
    const violation = { rule, client, at, what, story: this.story(client) };
    this.violations.push(violation);
    this.onViolation(violation);
    this.note(client, `VIOLATION (${rule}) ${what}`);
  }
}
