import * as df from 'durable-functions';

/** An error that an exception properties provider knows more about. */
class Detailed extends Error {
  override readonly name = 'Detailed';
  readonly code = 42;
}

df.app.setExceptionPropertiesProvider({
  getExceptionProperties: (error) => (error instanceof Detailed ? { code: error.code, tags: ['a', 'b'] } : undefined),
});

const attempts = new Map<string, number>();

const activities: Record<string, (input: never) => unknown> = {
  say: (name: string) => `hello ${name}`,
  same: (value: unknown) => value,
  nothing: () => undefined,
  fail: (message: string | undefined) => {
    throw new Error(message ?? 'no luck');
  },
  failType: () => {
    throw new TypeError('wrong type');
  },
  failString: () => {
    // oxlint-disable-next-line typescript/only-throw-error -- What is thrown is the case.
    throw 'only a string';
  },
  failsEmpty: () => {
    throw new Error('');
  },
  failsObject: () => {
    // oxlint-disable-next-line typescript/only-throw-error -- What is thrown is the case.
    throw { code: 1 };
  },
  failsDetailed: () => {
    throw new Detailed('with details');
  },
  flaky: ({ key, failures }: { key: string; failures: number }) => {
    const attempt = (attempts.get(key) ?? 0) + 1;
    attempts.set(key, attempt);
    if (attempt <= failures) throw new Error(`attempt ${attempt}`);
    return `done at ${attempt}`;
  },
  slow: async (milliseconds: number) => {
    await new Promise((resolve) => setTimeout(resolve, milliseconds));
    return milliseconds;
  },
  large: (length: number) => 'x'.repeat(length),
  typeOf: (value: unknown) => ({ type: typeof value, isNull: value === null }),
  returnsNull: () => null,
  returnsTrue: () => true,
  returnsBytes: () => new Uint8Array([1, 2, 255]),
  returnsBig: () => 10n,
  returnsFunction: () => () => 1,
};
for (const [name, activity] of Object.entries(activities))
  df.app.activity(name, { handler: (input: unknown) => activity(input as never) });

df.app.activity('startedBy', {
  handler: (_input, context) => ({
    hasInvocationId: typeof context.invocationId === 'string',
    name: context.functionName,
  }),
});
