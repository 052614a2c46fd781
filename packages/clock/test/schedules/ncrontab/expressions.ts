/** An expression, and the instant after which the next times were recorded. */
export interface AskedExpression {
  readonly text: string;
  /** Whole seconds, UTC. */
  readonly after: Date;
}

/** Seed and count of the recorded expressions. */
export const RECORDED = { seed: 20_260, count: 10_000 } as const;

interface FieldKind {
  readonly low: number;
  readonly high: number;
  readonly names: readonly string[];
}

const MONTHS = 'January February March April May June July August September October November December'.split(' ');
const WEEKDAYS = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ');
const FIELDS: readonly FieldKind[] = [
  { low: 0, high: 59, names: [] },
  { low: 0, high: 59, names: [] },
  { low: 0, high: 23, names: [] },
  { low: 1, high: 31, names: [] },
  { low: 1, high: 12, names: MONTHS },
  { low: 0, high: 6, names: WEEKDAYS },
];
/** Fields of other cron dialects, and fields with typing errors. */
const ODD = [
  '?',
  'L',
  'W',
  '15W',
  '5#2',
  '5L',
  'LW',
  '7',
  '0-7',
  '1-7',
  '60',
  '24',
  '32',
  '13',
  '-1',
  '',
  '*-5',
  '*/',
  '/5',
]
  .concat(['5/', '1,,2', ',5', '5,', '1-2-3', '1--2', '5/3/2', '*/*', '**', '*5', '5*', 'x', 'MO-', '-FR', 'FOO', 'H'])
  .concat(['H/15', '1.5', '0x5', '1e1', '5x', '+5', '*/+2', '*/-2', '*/0', '5/0', '*/99999999999', '2147483648'])
  .concat([
    '5/2147483647',
    '0/2147483647',
    '5/-2147483648',
    '05',
    '007',
    '*\t',
    '5\t',
    '\t5',
    '5\t-9',
    '*/2\t',
    '*/\t2',
  ]);
const WHOLE = [
  '@daily',
  '@hourly',
  'off',
  '',
  ' ',
  '*',
  '* *',
  '* * * *',
  '* * * * * * *',
  '0 0 0 1 1 * 2030',
  'every day',
]
  .concat(['%SCHEDULE%', '* * * * *', '0 0 * * * *', ' 0 0 * * * * ', '0  0 * * * *', '0\t0 * * * *', '0 0 * * * *\n'])
  .concat([
    '00:00:05',
    '01:00:00',
    '1.00:00:00',
    '24:00:00',
    '23:59',
    '00:60:00',
    '5',
    '-00:01:00',
    '00:00:00.25',
    '0:0:0',
  ])
  .concat(['1:2:3:4', '10675199.00:00:00', '00:00:60', ' 00:05:00 ', '25:00', '1.24:00', '00:00:01.1234567']);

/** Generates expressions of every kind, the same for the same seed. Most are valid; the others nearly are. */
export function expressions({ seed, count }: { readonly seed: number; readonly count: number }): AskedExpression[] {
  const random = generator(seed);
  const whole = (low: number, high: number): number => low + Math.floor(random() * (high - low + 1));
  const oneOf = <T>(items: readonly [T, ...T[]] | readonly T[]): T => items[whole(0, items.length - 1)] as T;
  const chance = (share: number): boolean => random() < share;

  const value = ({ low, high, names }: FieldKind): string => {
    const number = whole(low, high);
    const name = names[number - low];
    if (name === undefined || chance(0.5)) return chance(0.1) ? `0${number}` : String(number);
    const cut = name.slice(0, chance(0.7) ? 3 : whole(1, name.length));
    return chance(0.3) ? cut.toUpperCase() : chance(0.3) ? cut.toLowerCase() : cut;
  };
  const item = (kind: FieldKind): string => {
    const step = chance(0.05) ? whole(0, 100) : whole(1, Math.max(2, Math.floor((kind.high - kind.low) / 2)));
    const form = random();
    if (form < 0.4) return value(kind);
    if (form < 0.55) return `*/${step}`;
    if (form < 0.7) return `${value(kind)}/${step}`;
    if (form < 0.9) return `${value(kind)}-${value(kind)}`;
    return `${value(kind)}-${value(kind)}/${step}`;
  };
  const field = (kind: FieldKind, wild: number): string => {
    if (chance(0.015)) return oneOf(ODD);
    if (chance(wild)) return '*';
    return Array.from({ length: chance(0.6) ? 1 : whole(2, 4) }, () => item(kind)).join(',');
  };

  return Array.from({ length: count }, (): AskedExpression => {
    const after = new Date(
      Date.UTC(whole(2024, 2032), whole(0, 11), whole(1, 31), whole(0, 23), whole(0, 59), whole(0, 59)),
    );
    if (chance(0.03)) return { text: oneOf(WHOLE), after };
    const kinds = chance(0.25) ? FIELDS.slice(1) : FIELDS;
    const wild = [0.3, 0.6, 0.9][whole(0, 2)] ?? 0;
    return { text: kinds.map((kind) => field(kind, wild)).join(chance(0.02) ? '  ' : ' '), after };
  });
}

/** Mulberry32, a pseudo-random generator that gives the same numbers on every platform, from 0 up to 1. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
