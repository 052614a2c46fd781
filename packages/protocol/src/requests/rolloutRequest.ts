import { z } from 'zod';
import { CLIENT_STATES } from '../answers/clientAnswers.js';
import { isObject } from '../json/isObject.js';
import { NAME_RULES } from '../names/names.js';
import { imageFits, ONBOARDING_FIELDS, operatorFields, REQUEST_FIELDS } from './onboardingRequest.js';

/** What a rollout does to each client. */
export const ROLLOUT_KINDS = ['onboard', 'rotate', 'offboard', 'check'] as const;
export type RolloutKind = (typeof ROLLOUT_KINDS)[number];

/** Maximum rows of one rollout. */
export const MAX_ROLLOUT_ROWS = 10_000;

/** What applies if the request does not say otherwise. */
export const DEFAULT_WAVES = { size: 500, pauseSeconds: 0 } as const;
export const DEFAULT_FAILURE_LIMIT = { percent: 10, minimum: 5 } as const;

/** Maximum seconds between two waves: one week. */
const MAX_PAUSE_SECONDS = 604_800;
const MAX_FREEZE_WINDOWS = 20;
const MAX_NAME_CHARACTERS = 100;

/**
 * The required form of each field: shown as the fix of an invalid request, and as the field's description in the API.
 */
export const ROLLOUT_FIELDS = {
  ...ONBOARDING_FIELDS,
  name: `a text of 1 to ${MAX_NAME_CHARACTERS} characters on one line, shown in lists`,
  kind: `one of ${ROLLOUT_KINDS.join(', ')}`,
  clients: `a list of 1 to ${MAX_ROLLOUT_ROWS} different clients, each with connectedRegistry and client, and for onboard with the fields of an onboarding; either clients or select`,
  select:
    'an object with at least one of registry, connectedRegistry, state, expiresBefore, profile; either clients or select. For onboard it names a profile, whose clients are onboarded',
  state: `one of ${CLIENT_STATES.join(', ')}`,
  expiresBefore: 'an instant, ISO 8601 with time zone: 2026-03-01T12:00:00Z',
  profile: 'the name of a profile in the setting PROFILES',
  defaults: 'an object with fields that apply to each client that does not have them itself',
  waves: 'an object {canary?, size?, pauseSeconds?}; a field that is absent has its default',
  canary: `a whole number from 1 to ${MAX_ROLLOUT_ROWS}: clients in the first wave; the default is the size of the others`,
  size: `a whole number from 1 to ${MAX_ROLLOUT_ROWS}: clients in each wave; the default is ${DEFAULT_WAVES.size}`,
  pauseSeconds: `a whole number of seconds from 0 to ${MAX_PAUSE_SECONDS} between two waves; the default is 0`,
  failureLimit: 'an object {percent?, minimum?}; a field that is absent has its default',
  percent: `a number from 0 to 100: the rollout pauses when this part of all ended clients has failed; the default is ${DEFAULT_FAILURE_LIMIT.percent}`,
  minimum: `a whole number from 1 to ${MAX_ROLLOUT_ROWS}: the rollout does not pause before this number of clients has failed; the default is ${DEFAULT_FAILURE_LIMIT.minimum}`,
  startAt: 'an instant, ISO 8601 with time zone: 2026-03-01T12:00:00Z; no client is started earlier',
  freezeWindows: `a list of at most ${MAX_FREEZE_WINDOWS} windows of the form cron|duration|time zone, such as 0 18 * * 5|PT62H|Europe/Berlin, in which no client is started; each is at most 31 days long, and together they leave time to start`,
  dryRun: 'true to plan each client, and change nothing',
} as const;
type FieldName = keyof typeof ROLLOUT_FIELDS;

const named = (rule: RegExp, field: FieldName) =>
  z.string('must be a text').regex(rule, 'is not a valid name').describe(ROLLOUT_FIELDS[field]);
const instant = (field: FieldName) =>
  z.iso.datetime({ offset: true, error: 'is not an instant' }).describe(ROLLOUT_FIELDS[field]).optional();
const whole = (min: number, max: number, field: FieldName) =>
  z
    .int('must be a whole number')
    .min(min, `must be at least ${min}`)
    .max(max, `must be at most ${max}`)
    .describe(ROLLOUT_FIELDS[field]);

const { dryRun: _dryRun, ...onboardingOptions } = operatorFields;
const ONBOARDING_ROW = { ...REQUEST_FIELDS, ...onboardingOptions };

/** A client to onboard, after the defaults were filled in. */
export const onboardingRow = z.strictObject(ONBOARDING_ROW).check(imageFits);

/** A client of the other kinds, after the defaults were filled in. */
export const referenceRow = z.strictObject({
  registry: onboardingOptions.registry,
  connectedRegistry: REQUEST_FIELDS.connectedRegistry,
  client: REQUEST_FIELDS.client,
});

/** A client in the request. What it lacks, `defaults` have. */
export const rolloutRow = z
  .strictObject({ ...z.strictObject(ONBOARDING_ROW).partial().shape, client: REQUEST_FIELDS.client })
  .describe('One client of a rollout. Fields other than registry, connectedRegistry and client belong to onboard.');

/**
 * A token belongs to one client, and an identity to one device, so they have no default. One poller may have several
 * clients.
 */
const {
  client: _client,
  token: _token,
  identity: _identity,
  ...forAll
} = z.strictObject(ONBOARDING_ROW).partial().shape;
export const rolloutDefaults = z.strictObject(forAll).describe(ROLLOUT_FIELDS.defaults);

export const rolloutSelection = z
  .strictObject({
    registry: named(NAME_RULES.registry, 'registry').optional(),
    connectedRegistry: named(NAME_RULES.connectedRegistry, 'connectedRegistry').optional(),
    state: z.enum(CLIENT_STATES, 'is not a known state').describe(ROLLOUT_FIELDS.state).optional(),
    expiresBefore: instant('expiresBefore'),
    profile: z
      .string('must be a text')
      .regex(/^[A-Za-z0-9-]{1,40}$/, 'is not a profile name')
      .describe(ROLLOUT_FIELDS.profile)
      .optional(),
  })
  .describe(ROLLOUT_FIELDS.select)
  .check(({ value, issues }) => {
    const isEmpty = Object.values(value).every((one) => one === undefined);
    if (isEmpty) issues.push({ code: 'custom', path: [], input: value, message: 'must have at least one field' });
  });
export type RolloutSelection = z.infer<typeof rolloutSelection>;

const waves = z
  .strictObject({
    canary: whole(1, MAX_ROLLOUT_ROWS, 'canary').optional(),
    size: whole(1, MAX_ROLLOUT_ROWS, 'size').optional(),
    pauseSeconds: whole(0, MAX_PAUSE_SECONDS, 'pauseSeconds').optional(),
  })
  .describe(ROLLOUT_FIELDS.waves);

const failureLimit = z
  .strictObject({
    percent: z
      .number('must be a number')
      .min(0, 'must be at least 0')
      .max(100, 'must be at most 100')
      .describe(ROLLOUT_FIELDS.percent)
      .optional(),
    minimum: whole(1, MAX_ROLLOUT_ROWS, 'minimum').optional(),
  })
  .describe(ROLLOUT_FIELDS.failureLimit);

const options = {
  name: z
    .string('must be a text')
    .regex(/^[^\p{Cc}\u2028\u2029]{1,100}$/u, 'is empty, is too long, or has control characters')
    .describe(ROLLOUT_FIELDS.name)
    .optional(),
  kind: z.enum(ROLLOUT_KINDS, 'is not a known kind').describe(ROLLOUT_FIELDS.kind),
  select: rolloutSelection.optional(),
  defaults: rolloutDefaults.optional(),
  waves: waves.optional(),
  failureLimit: failureLimit.optional(),
  startAt: instant('startAt'),
  freezeWindows: z
    .array(z.string('must be a text'), 'must be a list')
    .max(MAX_FREEZE_WINDOWS, `must have at most ${MAX_FREEZE_WINDOWS} windows`)
    .describe(ROLLOUT_FIELDS.freezeWindows)
    .optional(),
  dryRun: z.boolean('must be true or false').describe(ROLLOUT_FIELDS.dryRun).optional(),
};

const rowsOf = <Row extends z.ZodType>(row: Row) =>
  z
    .array(row, 'must be a list')
    .min(1, 'must name at least one client')
    .max(MAX_ROLLOUT_ROWS, `must name at most ${MAX_ROLLOUT_ROWS} clients`)
    .describe(ROLLOUT_FIELDS.clients)
    .optional();

/** Body of `POST /api/rollouts`, as the API's document shows it. */
export const rolloutBody = z
  .strictObject({ ...options, clients: rowsOf(rolloutRow) })
  .describe('A rollout to the clients of `clients` or `select`.');

/** The same without a look into the rows, so that the faults of rows are counted and named apart from the others. */
export const rolloutHead = z.strictObject({ ...options, clients: rowsOf(z.unknown()) }).check(hasOneSource);
export type RolloutHead = z.infer<typeof rolloutHead>;

type Head = Omit<z.infer<typeof rolloutBody>, 'clients'> & { readonly clients?: unknown[] | undefined };

function hasOneSource({ value, issues }: z.core.ParsePayload<Head>): void {
  if (issues.length > 0) return;
  const { kind, clients, select, defaults } = value;
  const complain = (path: (string | number)[], message: string) =>
    issues.push({ code: 'custom', path, input: value, message });
  if ((clients === undefined) === (select === undefined))
    complain(['clients'], clients === undefined ? 'is missing, and so is select' : 'must not be sent with select');
  if (select !== undefined && defaults !== undefined) complain(['defaults'], 'must not be sent with select');
  if (kind === 'onboard' && select !== undefined) {
    if (select.profile === undefined) complain(['select', 'profile'], 'is missing, and onboard needs it');
    for (const field of ['state', 'expiresBefore'] as const)
      if (select[field] !== undefined) complain(['select', field], 'does not fit onboard');
  }
  if (kind === 'onboard') return;
  for (const field of Object.keys(defaults ?? {}))
    if (field !== 'registry' && field !== 'connectedRegistry') complain(['defaults', field], 'belongs to onboard only');
}

/** Parses one row. @param defaults fields that apply if the row does not have them */
export function parseRow(kind: RolloutKind, given: unknown, defaults: object) {
  const merged = isObject(given) ? { ...defaults, ...given } : given;
  return (kind === 'onboard' ? onboardingRow : referenceRow).safeParse(merged, { reportInput: true });
}
