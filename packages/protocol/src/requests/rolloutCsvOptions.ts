import { z } from 'zod';
import { cellValue } from './rolloutCsv.js';
import { ROLLOUT_FIELDS, rolloutDefaults } from './rolloutRequest.js';

type Default = keyof typeof rolloutDefaults.shape;
const DEFAULTS = Object.keys(rolloutDefaults.shape) as Default[];
const OPTIONS = [
  'kind',
  'name',
  'canary',
  'size',
  'pauseSeconds',
  'percent',
  'minimum',
  'startAt',
  'freezeWindows',
  'dryRun',
] as const;
type Option = (typeof OPTIONS)[number];
type Parameter = Option | Default;

/** The form of each parameter beside a CSV body, as a text: shown as its fix and its description in the API. */
export const ROLLOUT_CSV_FIELDS: Readonly<Record<Parameter, string>> = {
  ...(Object.fromEntries([...OPTIONS, ...DEFAULTS].map((name) => [name, helpOf(name)])) as Record<Parameter, string>),
  freezeWindows: `${ROLLOUT_FIELDS.freezeWindows}; several with semicolons between`,
  repositories: 'repository names, with spaces or semicolons between',
};

function helpOf(name: string): string {
  return Object.entries(ROLLOUT_FIELDS).find(([field]) => field === name)?.[1] ?? '';
}

/**
 * Parameters of `POST /api/rollouts` with a CSV body: the options of the rollout, and fields that apply to each row
 * that does not have them itself.
 */
export const rolloutCsvQuery = z.strictObject(
  Object.fromEntries(
    Object.entries(ROLLOUT_CSV_FIELDS).map(([name, help]) => [name, z.string().describe(help).optional()]),
  ) as Record<Parameter, z.ZodOptional<z.ZodString>>,
);

/**
 * The request's fields, from the parameters beside a CSV body. Values are only converted: the schema of the request
 * judges them.
 */
export function headOfQuery(query: Readonly<Record<string, string | undefined>>): Record<string, unknown> {
  const given = (name: Option): string | undefined => query[name] || undefined;
  const waves = numbersOf(['canary', 'size', 'pauseSeconds'], given);
  const failureLimit = numbersOf(['percent', 'minimum'], given);
  const defaults = Object.fromEntries(
    DEFAULTS.map((name) => [name, cellValue(name, (query[name] ?? '').trim())]).filter(
      ([, value]) => value !== undefined,
    ),
  );
  const windows = given('freezeWindows')
    ?.split(';')
    .map((part) => part.trim())
    .filter((part) => part !== '');
  const dryRun = given('dryRun');
  return {
    ...present({ kind: given('kind'), name: given('name'), startAt: given('startAt'), freezeWindows: windows }),
    ...(dryRun === undefined ? {} : { dryRun: dryRun === 'true' ? true : dryRun === 'false' ? false : dryRun }),
    ...(waves ? { waves } : {}),
    ...(failureLimit ? { failureLimit } : {}),
    ...(Object.keys(defaults).length > 0 ? { defaults } : {}),
  };
}

function numbersOf(names: readonly Option[], given: (name: Option) => string | undefined): object | undefined {
  const found = names.flatMap((name) => {
    const text = given(name);
    return text === undefined ? [] : [[name, /^-?\d+(?:\.\d+)?$/.test(text) ? Number(text) : text]];
  });
  return found.length === 0 ? undefined : Object.fromEntries(found);
}

function present(fields: object): object {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
