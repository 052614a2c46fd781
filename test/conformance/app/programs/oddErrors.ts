/** What code may throw. Made anew at each use. */
const withMore = (error: Error, more: object): Error => Object.assign(error, more);

function circularError(): Error {
  const error: Error & { self?: unknown } = new Error('circular');
  error.self = error;
  return error;
}

class CustomError extends Error {
  override readonly name = 'CustomError';
}

const makers = {
  plain: () => new Error('plain message'),
  typed: () => new TypeError('typed'),
  text: () => 'only text',
  none: () => null,
  nothing: () => undefined,
  object: () => ({ message: 'in an object' }),
  cause: () => new Error('outer', { cause: new Error('inner') }),
  more: () => withMore(new Error('with more'), { code: 'E42', status: 404, nested: { a: [1] } }),
  several: () => new AggregateError([new Error('a'), new Error('b')], 'several'),
  empty: () => new Error(''),
  lines: () => new Error('first line\nsecond line\r\nthird'),
  letters: () => new Error('žluťoučký 🚗 \u0000'),
  json: () => new Error('{"errorType":"X","errorMessage":"Y"}'),
  date: () => new Error('2020-01-01T00:00:00.500+01:00'),
  long: () => new Error('L'.repeat(30_000)),
  custom: () => new CustomError('custom'),
  number: () => 42,
  false: () => false,
  emptyObject: () => ({}),
  list: () => ['a', 1],
  bigint: () => 3n,
  namelessError: () => withMore(new Error('nameless'), { name: '' }),
  circular: circularError,
  ownStack: () => withMore(new Error('own stack'), { stack: 'my stack' }),
  range: () => new RangeError('range'),
  exceptionText: () => new Error('Result: Failure\nException: inner\nStack: none'),
  colons: () => new Error('a: b: c'),
  spaces: () => new Error('  padded  '),
  braces: () => new Error('100% {0} {x} %s'),
  nameWithColon: () => withMore(new Error('m'), { name: 'A: B' }),
  marked: () => new Error('marked\n\n$OutOfProcData$:{"isDone":true}'),
  stackLine: () => new Error('cut\nStack: here'),
  aborted: () => new DOMException('aborted', 'AbortError'),
} satisfies Record<string, () => unknown>;

export type OddError = keyof typeof makers;

export const oddErrors = Object.keys(makers) as OddError[];

/** @throws what the name stands for */
export function throwOdd(name: OddError): never {
  // oxlint-disable-next-line typescript/only-throw-error -- What is thrown is the case.
  throw makers[name]();
}

/** What was caught, as JSON. */
export function caughtAs(error: unknown): unknown {
  if (!(error instanceof Error)) return { caught: typeof error };
  const errors: unknown = 'errors' in error ? error.errors : undefined;
  return {
    caught: error.message,
    name: error.name,
    own: Object.keys(error).sort(),
    ...(Array.isArray(errors) ? { several: errors.length } : {}),
  };
}
