/** Inline route constraints of ASP.NET Core (Microsoft docs: ASP.NET Core routing, "Route constraints"). */

/** Whether a parameter's value satisfies the constraint. */
export type Constraint = (value: string) => boolean;

/** Whole numbers as .NET parses them with NumberStyles.Integer: surrounding white space and one sign are allowed. */
function integer(value: string): bigint | undefined {
  const found = /^\s*([+-]?)(\d+)\s*$/.exec(value);
  if (found === null) return undefined;
  const magnitude = BigInt(found[2] ?? '0');
  return found[1] === '-' ? -magnitude : magnitude;
}

function integerBetween(low: bigint, high: bigint): Constraint {
  return (value) => {
    const number = integer(value);
    return number !== undefined && number >= low && number <= high;
  };
}

/** NumberStyles.Float | AllowThousands of the invariant culture, where `Infinity` and `NaN` are numbers. */
const floating: Constraint = (value) =>
  /^\s*[+-]?(\d[\d,]*(\.\d*)?|\.\d+)([eE][+-]?\d+)?\s*$/.test(value) ||
  /^\s*([+-]?Infinity|[+-]?∞|NaN)\s*$/i.test(value);

const decimal: Constraint = (value) => /^\s*[+-]?(\d[\d,]*(\.\d*)?|\.\d+)[+-]?\s*$/.test(value);

const guid: Constraint = (value) =>
  /^\s*(\{[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}\}|\([\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}\)|[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}|[\da-f]{32})\s*$/i.test(
    value,
  );

/** The invariant culture's formats that occur in URLs: dates, times, or both. The calendar is checked. */
const dateTime: Constraint = (value) => {
  const time = String.raw`\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?( ?[AP]M)?`;
  if (new RegExp(`^${time}$`, 'i').test(value)) return true;
  // A month and a day of this year.
  const [, monthAlone, dayAlone] = /^(\d{1,2})[-/.](\d{1,2})$/.exec(value) ?? [];
  if (monthAlone !== undefined) return isDay(new Date().getFullYear(), Number(monthAlone), Number(dayAlone));
  const date = new RegExp(
    String.raw`^(\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{4})([T ]${time}(Z|[+-]\d{2}:?\d{2})?)?$`,
    'i',
  );
  const found = date.exec(value)?.[1];
  if (found === undefined) return false;
  const numbers = found.split(/[-/.]/).map(Number);
  const [year = 0, month = 0, day = 0] = /^\d{4}/.test(found) ? numbers : [numbers[2], numbers[0], numbers[1]];
  return isDay(year, month, day);
};

function isDay(year: number, month: number, day: number): boolean {
  const made = new Date(Date.UTC(year, month - 1, day));
  return made.getUTCMonth() === month - 1 && made.getUTCDate() === day;
}

/** The last path segment has a dot that is followed by other characters. */
const looksLikeFile = (value: string): boolean => {
  const last = value.slice(value.lastIndexOf('/') + 1);
  const dot = last.lastIndexOf('.');
  return dot >= 0 && dot < last.length - 1;
};

const plain: Readonly<Record<string, Constraint>> = {
  int: integerBetween(-(2n ** 31n), 2n ** 31n - 1n),
  long: integerBetween(-(2n ** 63n), 2n ** 63n - 1n),
  bool: (value) => /^\s*(true|false)\s*$/i.test(value),
  datetime: dateTime,
  decimal,
  double: floating,
  float: floating,
  guid,
  alpha: (value) => /^[a-z]*$/i.test(value),
  required: (value) => value !== '',
  file: looksLikeFile,
  nonfile: (value) => !looksLikeFile(value),
};

const limits = { low: -(2n ** 63n), high: 2n ** 63n - 1n };

/** The constraint with a name and its argument; undefined if there is no such constraint. */
export function constraintOf(name: string, argument: string | undefined): Constraint | undefined {
  const kind = name.toLowerCase();
  if (argument === undefined) return plain[kind];
  if (kind === 'regex') return pattern(argument);
  const numbers = argument.split(',').map(integer);
  if (numbers.includes(undefined)) return undefined;
  const [first = 0n, second] = numbers;
  if (second === undefined) {
    if (kind === 'min') return integerBetween(first, limits.high);
    if (kind === 'max') return integerBetween(limits.low, first);
    if (kind === 'length') return (value) => BigInt(value.length) === first;
    if (kind === 'minlength') return (value) => BigInt(value.length) >= first;
    if (kind === 'maxlength') return (value) => BigInt(value.length) <= first;
    return undefined;
  }
  if ((kind === 'range' || kind === 'length') && first > second) return undefined;
  if (kind === 'range') return integerBetween(first, second);
  if (kind === 'length') return (value) => BigInt(value.length) >= first && BigInt(value.length) <= second;
  return undefined;
}

/**
 * Regular expressions ignore case and search anywhere, as ASP.NET Core's do. An invalid one is noticed by the first
 * request, whose answer is a 500.
 */
function pattern(source: string): Constraint {
  let expression: RegExp | undefined;
  return (value) => {
    expression ??= new RegExp(source, 'i');
    return expression.test(value);
  };
}
