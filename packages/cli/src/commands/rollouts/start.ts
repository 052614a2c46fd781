import type { rolloutBody } from '@connected-registry/protocol/requests/rolloutRequest';
import type { z } from 'zod';
import type { Body } from '../../api/api.js';
import { defineCommand, type CommandContext } from '../../program/command.js';
import { usageError } from '../../program/commandError.js';
import type { OptionSpecs, OptionValues } from '../../program/optionSpecs.js';
import { chosenOf, ROLLOUT_KINDS } from '../shared/choices.js';
import { CLIENTS_ARGUMENT, NAME_OPTIONS, readClient } from '../shared/clientNames.js';
import { confirm, namesOf, YES_OPTION } from '../shared/confirm.js';
import { readInput } from '../shared/inputFile.js';
import { present } from '../shared/present.js';
import { startWarnings } from '../shared/startWarnings.js';
import { readRepositories } from '../shared/repositories.js';
import { DRY_RUN_OPTION, WAIT_OPTIONS } from '../shared/waiting.js';
import { rolloutOutcome } from './outcome.js';

const OPTIONS = {
  kind: {
    kind: 'text',
    value: 'KIND',
    choices: ROLLOUT_KINDS,
    help: `the operation for each client: ${ROLLOUT_KINDS.join(', ')}`,
  },
  name: { kind: 'text', value: 'TEXT', help: 'text for lists' },
  file: {
    kind: 'text',
    value: 'FILE',
    short: 'f',
    help: 'rows in CSV; or the request, or its list of clients, in JSON or YAML; - is stdin',
  },
  selector: {
    kind: 'list',
    value: 'FIELD=VALUE',
    short: 'l',
    help: 'clients that match all of registry, connectedRegistry, state, expiresBefore, profile',
  },
  ...NAME_OPTIONS,
  repository: {
    kind: 'list',
    value: 'NAME[=ACTIONS]',
    commas: false,
    help: 'of onboard: repository for rows that name none; repeat it for more',
  },
  lifetimeDays: { kind: 'number', value: 'DAYS', help: 'of onboard: lifetime for rows that name none' },
  canary: { kind: 'number', value: 'N', help: 'clients of the first wave' },
  waveSize: { kind: 'number', value: 'N', help: 'clients of the other waves' },
  pause: { kind: 'duration', value: 'TIME', help: 'time between two waves: 10m' },
  failurePercent: { kind: 'number', value: 'PERCENT', help: 'pause when so many of the ended clients have failed' },
  failureMinimum: { kind: 'number', value: 'N', help: 'and at least so many clients' },
  startAt: { kind: 'text', value: 'TIME', help: 'start no client earlier: 2027-03-01T12:00:00Z' },
  freezeWindow: {
    kind: 'list',
    value: 'WINDOW',
    commas: false,
    help: 'time in which no client starts: cron|duration|time zone; repeat it for more',
  },
  ...YES_OPTION,
  ...DRY_RUN_OPTION,
  ...WAIT_OPTIONS,
} as const satisfies OptionSpecs;
type Options = OptionValues<typeof OPTIONS>;

export const rolloutsStart = defineCommand({
  name: 'rollouts start',
  summary: 'do one thing to many clients, in waves',
  description:
    'Clients come from arguments, from --file or from --selector. Rows of a file are checked by the app before any of them starts. An offboarding asks first.',
  args: [{ ...CLIENTS_ARGUMENT, optional: true }],
  options: OPTIONS,
  examples: [
    {
      text: 'onboard the clients of a spreadsheet, ten of them first',
      line: 'crctl rollouts start --kind onboard -f clients.csv --repository hello-world --canary 10 --wave-size 100',
    },
    { text: 'plan it, and change nothing', line: 'crctl rollouts start -f rollout.yaml --dry-run --wait' },
    { text: 'rotate what expires soon', line: 'crctl rollouts start --kind rotate -l state=expiring --wait' },
  ],
  usesApp: true,
  async run(context, { args, options }) {
    const { api } = await context.connect();
    const { body, query, kind, what } = await requestOf(context, args, options);
    if (kind === 'offboard' && !options.dryRun) await confirm(context, `Remove ${what}`, options.yes);
    const { routes } = await import('../../api/routes.js');
    const rollout = await routes.startRollout(api, body, query);
    const output = await rolloutOutcome(context, rollout, options);
    return { ...output, notes: [...startWarnings(rollout.warnings), ...(output.notes ?? [])] };
  },
});

interface Request {
  readonly body: Body;
  readonly query: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly kind: unknown;
  /** For the question before an offboarding. */
  readonly what: string;
}

/** The request's own fields. The app judges values; what is given by flags has the API's types. */
type Fields = Partial<Omit<z.input<typeof rolloutBody>, 'clients' | 'defaults'>>;

async function requestOf(context: CommandContext, args: readonly string[], options: Options): Promise<Request> {
  const { file, selector } = options;
  const sources = [args.length > 0, file !== undefined, selector.length > 0].filter(Boolean).length;
  if (sources !== 1) throw usageError('Which clients?', 'Name them, or give --file or --selector: one of the three.');
  const { place } = await context.connect();
  const input = file === undefined ? undefined : await readInput(file, context.world);
  if (input?.kind === 'csv') {
    needKind(options.kind);
    return {
      body: { bytes: input.bytes, type: 'text/csv' },
      query: csvQuery(options),
      kind: options.kind,
      what: `the clients of ${file}`,
    };
  }
  const given = { ...fieldsOf(options), ...present({ defaults: defaultsOf(options) }) };
  if (input === undefined) {
    needKind(options.kind);
    const clients = args.map((text) => readClient(text, options, place));
    const json =
      selector.length > 0
        ? { ...fieldsOf(options), select: selectionOf(selector) }
        : { ...fieldsOf(options), ...present({ defaults: onboardDefaults(options) }), clients };
    return {
      body: { json },
      query: {},
      kind: options.kind,
      what: args.length > 0 ? namesOf(args) : `all clients with ${selector.join(', ')}`,
    };
  }
  const { value } = input;
  if (Array.isArray(value)) {
    needKind(options.kind);
    return {
      body: { json: { ...given, clients: value } },
      query: {},
      kind: options.kind,
      what: `the clients of ${file}`,
    };
  }
  if (typeof value !== 'object' || value === null) throw usageError(`${file} holds neither a request nor a list.`);
  const json = merged(value as Readonly<Record<string, unknown>>, given);
  return { body: { json }, query: {}, kind: json['kind'], what: `the clients of ${file}` };
}

function needKind(kind: string | undefined): void {
  if (kind === undefined) throw usageError('What is to be done?', `Give --kind: ${ROLLOUT_KINDS.join(', ')}.`);
}

/** Flags win over the file, inside of objects field by field. */
function merged(file: Readonly<Record<string, unknown>>, given: object): Record<string, unknown> {
  const result: Record<string, unknown> = { ...file };
  for (const [name, value] of Object.entries(given)) {
    const before = result[name];
    const areObjects = isPlainObject(before) && isPlainObject(value);
    result[name] = areObjects ? { ...before, ...value } : value;
  }
  return result;
}

function isPlainObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function fieldsOf(options: Options): Fields {
  const waves = present({ canary: options.canary, size: options.waveSize, pauseSeconds: options.pause });
  const failureLimit = present({ percent: options.failurePercent, minimum: options.failureMinimum });
  return {
    ...present({ kind: chosenOf(ROLLOUT_KINDS, options.kind), name: options.name, startAt: options.startAt }),
    ...(Object.keys(waves).length > 0 ? { waves } : {}),
    ...(Object.keys(failureLimit).length > 0 ? { failureLimit } : {}),
    ...(options.freezeWindow.length > 0 ? { freezeWindows: [...options.freezeWindow] } : {}),
    ...present({ dryRun: options.dryRun }),
  };
}

/** Fields for rows of a file that do not have them. */
function defaultsOf(options: Options): object | undefined {
  const { registry, connectedRegistry } = options;
  const defaults = { ...present({ registry, connectedRegistry }), ...onboardDefaults(options) };
  return Object.keys(defaults).length > 0 ? defaults : undefined;
}

function onboardDefaults({ repository, lifetimeDays }: Options): object | undefined {
  const defaults = present({ repositories: readRepositories(repository), credentialLifetimeDays: lifetimeDays });
  return Object.keys(defaults).length > 0 ? defaults : undefined;
}

const SELECTION_FIELDS = ['registry', 'connectedRegistry', 'state', 'expiresBefore', 'profile'];

function selectionOf(texts: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    texts.map((text) => {
      const [name = '', ...rest] = text.split('=');
      if (rest.length === 0 || !SELECTION_FIELDS.includes(name))
        throw usageError(`${JSON.stringify(text)} selects nothing.`, `It is one of ${SELECTION_FIELDS.join('=, ')}=.`);
      return [name, rest.join('=')];
    }),
  );
}

/** The options beside CSV rows, as the API has them in the query. */
function csvQuery(options: Options): Request['query'] {
  const repositories = readRepositories(options.repository);
  if (!Array.isArray(repositories))
    throw usageError('Beside CSV a repository has no actions.', 'Rows with actions need JSON or YAML.');
  const { kind, name, canary, waveSize, pause, failurePercent, failureMinimum, startAt, freezeWindow } = options;
  return present({
    kind,
    name,
    canary,
    startAt,
    size: waveSize,
    pauseSeconds: pause,
    percent: failurePercent,
    minimum: failureMinimum,
    freezeWindows: freezeWindow.join(';') || undefined,
    dryRun: options.dryRun,
    registry: options.registry,
    connectedRegistry: options.connectedRegistry,
    repositories: repositories.join(' ') || undefined,
    credentialLifetimeDays: options.lifetimeDays,
  });
}
