/**
 * Values that JSON has not, changes, or that a reader of another language takes for something else. Made anew at each
 * use.
 */
const nested = (depth: number, wrap: (inner: unknown) => unknown): unknown =>
  depth === 0 ? 1 : wrap(nested(depth - 1, wrap));

function circular(): unknown {
  const value: Record<string, unknown> = { n: 1 };
  value['self'] = value;
  return value;
}

class Thing {
  readonly a = 1;
  get b(): number {
    return 2;
  }
}

const makers = {
  nothing: () => undefined,
  none: () => null,
  notANumber: () => Number.NaN,
  infinite: () => Number.NEGATIVE_INFINITY,
  minusZero: () => -0,
  overInt64: () => 1e21,
  small: () => 1e-7,
  beyondSafe: () => 2 ** 53 + 2,
  twentyDigits: () => 12_345_678_901_234_567_000,
  sum: () => 0.1 + 0.2,
  smallest: () => 5e-324,
  largest: () => Number.MAX_VALUE,
  powers: () => [2 ** 31, 2 ** 32, 2 ** 63, -(2 ** 63), 2 ** 64, 1e100],
  date: () => new Date('2020-02-03T04:05:06.070Z'),
  invalidDate: () => new Date(Number.NaN),
  isoDigits: () => '2020-01-01T00:00:00.0000000Z',
  isoOffset: () => '2020-02-02T10:00:00+02:00',
  dayOnly: () => '2020-01-01',
  msDate: () => '/Date(1577836800000)/',
  nestedDates: () => ({ at: new Date(1_577_836_800_120), t: '2020-01-01T00:00:00', o: '2020-01-01T01:00:00.5+01:00' }),
  listOfOdd: () => [undefined, null, Number.NaN, -0],
  objectOfOdd: () => ({ a: undefined, b: () => 1, c: Symbol('x'), d: Number.NaN, e: 1 }),
  bigint: () => 10n,
  circular,
  function: () => () => 1,
  symbol: () => Symbol('s'),
  map: () => new Map([[1, 2]]),
  set: () => new Set([1]),
  buffer: () => Buffer.from('hi'),
  bytes: () => new Uint8Array([1, 2, 255]),
  arrayBuffer: () => new Uint8Array([9, 8]).buffer,
  floats: () => new Float64Array([1.5, Number.NaN]),
  toJson: () => ({ a: 1, toJSON: () => 'custom' }),
  toJsonNothing: () => ({ toJSON: () => undefined }),
  bare: () => Object.assign(Object.create(null) as object, { x: 1 }),
  nul: () => 'a\u0000b',
  family: () => '👩‍👩‍👧‍👦 é̩ ﷽',
  mark: () => '\uFEFFmark',
  markup: () => '<script>&\'"</script> \u0085\u00A0\u007F\u001F',
  lineEnds: () => 'a\nb\r\nc\u2028d\u2029e\tf',
  typed: () => ({ $type: 'System.String, mscorlib', x: 1 }),
  reference: () => ({ $id: '1', a: { $ref: '1' } }),
  wrapped: () => ({ $values: [1, 2] }),
  timestamp: () => ({ Timestamp: '2020-01-01T00:00:00Z', n: 1 }),
  depth63: () => nested(63, (inner) => [inner]),
  depth64: () => nested(64, (inner) => [inner]),
  depth70: () => nested(70, (v) => ({ v })),
  prototype: () => JSON.parse('{"__proto__":{"a":1},"constructor":2}') as unknown,
  emptyText: () => '',
  space: () => ' ',
  quoted: () => '"quoted"',
  textNull: () => 'null',
  textTrue: () => 'true',
  textNumber: () => '123',
  textBrace: () => '{',
  textList: () => '[1]',
  oddKeys: () => ({ '': 'empty', 'a.b': 1, 'a b': 2, "a'b": 3, 'č🚗': 4, 0: 'zero' }),
  casedKeys: () => ({ a: 1, A: 2 }),
  true: () => true,
  false: () => false,
  zero: () => 0,
  list: () => Array.from({ length: 300 }, (_, index) => index / 3),
  long: () => 'é'.repeat(60_000),
  empties: () => [[], {}, [{}], [[]], ''],
  error: () => new Error('as a value'),
  errorWithMore: () => Object.assign(new TypeError('typed'), { code: 'E1', extra: { a: 1 } }),
  pattern: () => /x/g,
  boxed: () => [Object(5), Object('boxed'), Object(false)],
  guid: () => '3f2504e0-4f89-11d3-9a0c-0305e82c3301',
  address: () => 'http://example.org/a b?x=%20',
  thing: () => new Thing(),
  sparse: () => Object.assign([], { 3: 1 }),
  promise: () => Promise.resolve(5),
  answer: () => ({ status: 200, body: 'x', headers: { a: 'b' } }),
} satisfies Record<string, () => unknown>;

export type OddValue = keyof typeof makers;

export const oddValues = Object.keys(makers) as OddValue[];

export const oddValue = (name: OddValue): unknown => makers[name]();

/** What a value is, as JSON. */
export function described(value: unknown): unknown {
  if (value === undefined || value === null) return { is: String(value) };
  if (typeof value === 'number') return { is: 'number', text: Object.is(value, -0) ? '-0' : String(value) };
  if (typeof value === 'string')
    return value.length > 300
      ? { is: 'string', length: value.length, start: value.slice(0, 20) }
      : { is: 'string', text: value, codes: Array.from(value, (letter) => letter.codePointAt(0)) };
  if (typeof value === 'symbol' || typeof value === 'function') return { is: typeof value };
  if (typeof value === 'boolean' || typeof value === 'bigint') return { is: typeof value, text: value.toString() };
  if (typeof value !== 'object') return { is: typeof value };
  const is = Object.prototype.toString.call(value);
  if (value instanceof Date) return { is, text: String(value.getTime()) };
  if (value instanceof Error) return { is, name: value.name, message: value.message, keys: Object.keys(value) };
  const json = JSON.stringify(value);
  const keys = Object.keys(value).slice(0, 12);
  return { is, keys, json: json.length > 2000 ? { start: json.slice(0, 100), length: json.length } : json };
}
