import type { Api } from '../../api/api.js';
import type { JsonRequest, RolloutCsvQuery, RolloutFields } from '../../api/requests.js';
import type { routes } from '../../api/routes.js';
import type { CommandContext } from '../../program/command.js';
import { usageError } from '../../program/commandError.js';
import { chosenOf, ROLLOUT_KINDS, SELECTION_FIELDS } from '../shared/choices.js';
import { readClient } from '../shared/clientNames.js';
import { namesOf } from '../shared/confirm.js';
import { readInput } from '../shared/inputFile.js';
import { present } from '../shared/present.js';
import { readRepositories } from '../shared/repositories.js';
import type { StartOptions } from './startOptions.js';

type Routes = typeof routes;

/** The request for a rollout, ready to be sent. */
interface StartRequest {
  readonly kind: unknown;
  /** For the question before an offboarding. */
  readonly what: string;
  readonly start: (api: Api, routes: Routes) => ReturnType<Routes['startRollout']>;
}

/**
 * Puts the request together, from the file or the clients and the options.
 * @throws {CommandError} unless it says which clients
 */
export async function requestOf(
  context: CommandContext,
  args: readonly string[],
  options: StartOptions,
): Promise<StartRequest> {
  const { file, selector } = options;
  const sources = [args.length > 0, file !== undefined, selector.length > 0].filter(Boolean).length;
  if (sources !== 1) throw usageError('Which clients?', 'Name them, or give --file or --selector: one of the three.');
  const { place } = await context.connect();
  if (file === undefined) {
    needKind(options.kind);
    if (selector.length > 0)
      return ofJson(
        { json: fieldsOf(options, { select: selectionOf(selector) }) },
        options.kind,
        `all clients with ${selector.join(', ')}`,
      );
    const clients = args.map((text) => readClient(text, options, place));
    const json = fieldsOf(options, { clients, defaults: onboardDefaults(options) });
    return ofJson({ json }, options.kind, namesOf(args));
  }
  const input = await readInput(file, context.world);
  const what = `the clients of ${file}`;
  if (input.kind === 'csv') {
    needKind(options.kind);
    const query = csvQuery(options);
    return {
      kind: options.kind,
      what,
      start: (api, { startRolloutCsv }) => startRolloutCsv(api, input.bytes, query),
    };
  }
  const { value } = input;
  const given = fieldsOf(options, { defaults: rowDefaults(options) });
  if (Array.isArray(value)) {
    needKind(options.kind);
    return ofJson({ fromFile: { ...given, clients: value } }, options.kind, what);
  }
  if (typeof value !== 'object' || value === null) throw usageError(`${file} holds neither a request nor a list.`);
  const json = merged(value as Readonly<Record<string, unknown>>, given);
  return ofJson({ fromFile: json }, json['kind'], what);
}

function ofJson(request: JsonRequest<RolloutFields>, kind: unknown, what: string): StartRequest {
  return { kind, what, start: (api, { startRollout }) => startRollout(api, request) };
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

/** The fields of the request that options give, with those that depend on where its clients come from. */
function fieldsOf(
  options: StartOptions,
  { clients, select, defaults }: Partial<Pick<RolloutFields, 'clients' | 'select' | 'defaults'>>,
): Partial<RolloutFields> {
  return present<RolloutFields>({
    kind: chosenOf(ROLLOUT_KINDS, options.kind),
    name: options.name,
    startAt: options.startAt,
    waves: present<NonNullable<RolloutFields['waves']>>({
      canary: options.canary,
      size: options.waveSize,
      pauseSeconds: options.pause,
    }),
    failureLimit: present<NonNullable<RolloutFields['failureLimit']>>({
      percent: options.failurePercent,
      minimum: options.failureMinimum,
    }),
    freezeWindows: [...options.freezeWindow],
    dryRun: options.dryRun,
    clients,
    select,
    defaults,
  });
}

type Defaults = NonNullable<RolloutFields['defaults']>;

/** Fields for rows of a file that do not have them. */
function rowDefaults(options: StartOptions): Defaults {
  const { registry, connectedRegistry } = options;
  return { ...present<Defaults>({ registry, connectedRegistry }), ...onboardDefaults(options) };
}

function onboardDefaults({ repository, lifetimeDays }: StartOptions): Defaults {
  return present<Defaults>({ repositories: readRepositories(repository), credentialLifetimeDays: lifetimeDays });
}

/** @throws {CommandError} for a text that is not FIELD=VALUE; the app judges the value */
function selectionOf(texts: readonly string[]): NonNullable<RolloutFields['select']> {
  return Object.fromEntries(
    texts.map((text) => {
      const [name = '', ...rest] = text.split('=');
      const field = SELECTION_FIELDS.find((one) => one === name);
      if (rest.length === 0 || field === undefined)
        throw usageError(`${JSON.stringify(text)} selects nothing.`, `It is one of ${SELECTION_FIELDS.join('=, ')}=.`);
      return [field, rest.join('=')];
    }),
  );
}

/** The options beside CSV rows, as the API has them in the query. */
function csvQuery(options: StartOptions): RolloutCsvQuery {
  const repositories = readRepositories(options.repository);
  if (!Array.isArray(repositories))
    throw usageError('Beside CSV a repository has no actions.', 'Rows with actions need JSON or YAML.');
  return present<RolloutCsvQuery>({
    kind: options.kind,
    name: options.name,
    canary: options.canary,
    startAt: options.startAt,
    size: options.waveSize,
    pauseSeconds: options.pause,
    percent: options.failurePercent,
    minimum: options.failureMinimum,
    freezeWindows: options.freezeWindow.join(';') || undefined,
    dryRun: options.dryRun,
    registry: options.registry,
    connectedRegistry: options.connectedRegistry,
    repositories: repositories.join(' ') || undefined,
    credentialLifetimeDays: options.lifetimeDays,
  });
}
