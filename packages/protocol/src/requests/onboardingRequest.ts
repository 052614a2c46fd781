import { z } from 'zod';
import { shortHash, type ClientReference } from '../names/clientKey.js';
import { deviceIdentity, IDENTITY_FIELDS, poller, toDeviceIdentity, type DeviceIdentity } from './deviceIdentity.js';
import { shownValue } from './fieldIssues.js';
import { formatImage, NO_IMAGE, parseImage } from '../names/image.js';
import { CREDENTIAL_LIFETIME_DAYS } from './lifetimes.js';
import {
  defaultScopeMapName,
  defaultTokenName,
  ENDPOINT,
  isEndpoint,
  isSystemScopeMap,
  NAME_RULES,
  NO_ENDPOINT,
} from '../names/names.js';
import {
  isRepositoryPattern,
  isWildcard,
  permissionsCover,
  READ_ACTIONS,
  REPOSITORY_ACTIONS,
  REPOSITORY_RULE,
  type Permissions,
  type RepositoryAction,
} from '../names/permissions.js';
import { SLOT_NAMES, type SlotName } from '../registry/slots.js';

/**
 * The required form of each field: shown as the fix of an invalid request, and as the field's description in the API.
 */
export const ONBOARDING_FIELDS = {
  connectedRegistry: 'the name of a connected registry: 5 to 50 letters and digits',
  client: "the device's id: 1 to 128 of IoT Hub's characters (letters, digits and - : . + % _ # * ? ! ( ) , = @ ; $ ')",
  repositories:
    'a list of repository names (content/read), or an object {name: [actions]} with actions content/read, content/write, content/delete, metadata/read, metadata/write; names are lower-case, and samples/* or * are wildcards',
  registry: 'the name of a registry that the app is configured for; the default is the first one',
  scopeMap: 'a scope map name: 5 to 50 letters, digits, hyphens and underscores, not beginning with _repositories_',
  token: 'a token name: 5 to 50 letters, digits and hyphens',
  endpoint:
    "host or host:port of the connected registry, as devices reach it; the default is the connected registry's login server",
  image: 'repository:tag or repository@sha256:..., without a host, inside the requested repositories',
  credentialLifetimeDays:
    'a whole number of days from 1 to 730, and at least 31 if near-expiry events reach the app, as they do by default; the default is the setting CREDENTIAL_LIFETIME_DAYS (90)',
  replaceSlot: 'password1 or password2: the slot to overwrite when both hold passwords that still work',
  restoreScopeMap: 'true to restore the requested permissions of a scope map that the app made and others have changed',
  dryRun: 'true to report what would be done, without doing it',
  adopt: 'true to take over an existing token that this client did not make; not allowed in events',
  ...IDENTITY_FIELDS,
  recheck: 'true to run a new pull check even if nothing changes',
} as const;

const named = (rule: RegExp, field: keyof typeof ONBOARDING_FIELDS) =>
  z.string(`must be a text`).regex(rule, 'is not a valid name').describe(ONBOARDING_FIELDS[field]);

/** A refinement cannot be expressed in JSON Schema, so its rule is given to the API's document separately. */
const repositoryName = z
  .string('must be a text')
  .refine(isRepositoryPattern, 'is not a repository name or wildcard')
  .meta({ ...REPOSITORY_RULE });
const action = z.enum(REPOSITORY_ACTIONS, {
  error: ({ input }) => `must be one of ${REPOSITORY_ACTIONS.join(', ')}, not ${shownValue(input)}`,
});

/** At most one entry for each action that exists, since rows of a rollout share lists. */
const actions = z
  .array(action, 'must be a list of actions')
  .min(1, 'must list at least one action')
  // `max` would also count the characters of a text.
  .refine((list) => list.length <= REPOSITORY_ACTIONS.length, `must list at most ${REPOSITORY_ACTIONS.length} actions`)
  .meta({ maxItems: REPOSITORY_ACTIONS.length });

/** Maximum repositories in one request. Preflight checks the scope map's own limit on permissions. */
const MAX_REPOSITORIES = 500;

const repositories = z
  .union(
    [
      z
        .array(repositoryName)
        .min(1, 'must name at least one repository')
        .max(MAX_REPOSITORIES, `must name at most ${MAX_REPOSITORIES} repositories`),
      z
        .record(repositoryName, actions)
        .refine((value) => Object.keys(value).length > 0, 'must name at least one repository')
        .refine(
          (value) => Object.keys(value).length <= MAX_REPOSITORIES,
          `must name at most ${MAX_REPOSITORIES} repositories`,
        )
        .meta({ minProperties: 1, maxProperties: MAX_REPOSITORIES }),
    ],
    'must be a list of names or an object of names and actions, with at least one valid repository',
  )
  .describe(ONBOARDING_FIELDS.repositories);

/** Fields that any sender may use; profiles have the same fields (domain/profiles/profiles.ts). */
export const REQUEST_FIELDS = {
  connectedRegistry: named(NAME_RULES.connectedRegistry, 'connectedRegistry'),
  client: named(NAME_RULES.client, 'client'),
  repositories,
  scopeMap: named(NAME_RULES.scopeMap, 'scopeMap')
    .refine((name) => !isSystemScopeMap(name), 'is the name of a system-defined scope map')
    .optional(),
  token: named(NAME_RULES.token, 'token').optional(),
  image: z
    .string('must be a text')
    .refine((text) => isPullable(text), NO_IMAGE)
    .describe(ONBOARDING_FIELDS.image)
    .optional(),
  credentialLifetimeDays: z
    .int('must be a whole number')
    .min(CREDENTIAL_LIFETIME_DAYS.min, 'is too short')
    .max(CREDENTIAL_LIFETIME_DAYS.max, 'is too long')
    .describe(ONBOARDING_FIELDS.credentialLifetimeDays)
    .optional(),
  recheck: z.boolean('must be true or false').describe(ONBOARDING_FIELDS.recheck).optional(),
};

/** Fields that only an operator may use. An event with one of these is refused. */
export const operatorFields = {
  registry: named(NAME_RULES.registry, 'registry').optional(),
  endpoint: z
    .string('must be a text')
    .regex(ENDPOINT, { error: NO_ENDPOINT, abort: true })
    .refine(isEndpoint, NO_ENDPOINT)
    .describe(ONBOARDING_FIELDS.endpoint)
    .optional(),
  replaceSlot: z.enum(SLOT_NAMES, 'must be password1 or password2').describe(ONBOARDING_FIELDS.replaceSlot).optional(),
  restoreScopeMap: z.boolean('must be true or false').describe(ONBOARDING_FIELDS.restoreScopeMap).optional(),
  dryRun: z.boolean('must be true or false').describe(ONBOARDING_FIELDS.dryRun).optional(),
  adopt: z.boolean('must be true or false').describe(ONBOARDING_FIELDS.adopt).optional(),
  identity: deviceIdentity.optional(),
  poller: poller.optional(),
};

function isPullable(text: string): boolean {
  const image = parseImage(text);
  return image !== undefined && isRepositoryPattern(image.repository) && !isWildcard(image.repository);
}

/** Body of `POST /api/onboardings`. */
export const onboardingBody = z.strictObject({ ...REQUEST_FIELDS, ...operatorFields }).check(imageFits);

/**
 * Names of resources that an event may not choose: with another client's token name it would take that token over, and
 * with another's scope map it would get permissions that are added there later. A profile may set them.
 */
export const NOT_FOR_EVENTS = ['token', 'scopeMap'] as const;

/** The error text for an event with such a name, and its fix. */
export const NAMED_BY_EVENT = {
  message: 'must not be named by an event',
  fix: 'Leave it out, name it in the profile that covers the client, or let an operator request it.',
} as const;

/**
 * Data of a `ConnectedRegistry.ClientRequested` event: fewer fields than an operator has, and permissions to read only.
 */
export const onboardingEventData = z.strictObject(REQUEST_FIELDS).check(imageFits).check(readOnly);

type RequestFields = z.infer<z.ZodObject<typeof REQUEST_FIELDS>>;
/** The fields that permissions and image are checked by. */
type RightsFields = Pick<RequestFields, 'repositories' | 'image'>;

/** Checks well-formed values only: if a field is invalid already, another message about it would not help. */
export function imageFits({ value, issues }: z.core.ParsePayload<RightsFields>): void {
  if (issues.length > 0) return;
  const permissions = permissionsOf(value.repositories);
  if (value.image === undefined) {
    if (plainRepository(permissions) !== undefined) return;
    issues.push({
      code: 'custom',
      path: ['image'],
      input: value.image,
      message: 'is required, because no repository without a wildcard has content/read',
    });
    return;
  }
  const repository = parseImage(value.image)?.repository ?? '';
  if (permissionsCover(permissions, repository, 'content/read')) return;
  issues.push({
    code: 'custom',
    path: ['image'],
    input: value.image,
    message: `is in repository ${repository}, for which the request does not grant content/read`,
  });
}

/** Refuses all permissions except those to read. */
export function readOnly({ value, issues }: z.core.ParsePayload<RightsFields>): void {
  if (issues.length > 0) return;
  for (const [name, actions] of Object.entries(permissionsOf(value.repositories))) {
    const beyond = actions.filter((item) => !READ_ACTIONS.includes(item));
    if (beyond.length === 0) continue;
    issues.push({
      code: 'custom',
      path: ['repositories', name],
      input: actions,
      message: `requests ${beyond.join(', ')}; an event may request ${READ_ACTIONS.join(' and ')} only`,
    });
  }
}

/** Actions sorted and without repeats, repositories sorted, so that equal requests become equal texts. */
export function permissionsOf(given: RightsFields['repositories']): Permissions {
  const entries: [string, readonly RepositoryAction[]][] = Array.isArray(given)
    ? given.map((name) => [name, ['content/read']])
    : Object.entries(given);
  return Object.fromEntries(
    entries
      .map(([name, actions]): [string, RepositoryAction[]] => [name, [...new Set(actions)].sort()])
      .sort(([left], [right]) => (left < right ? -1 : 1)),
  );
}

/** The first repository, in the order of the request, whose name is not a wildcard. */
function plainRepository(permissions: Permissions): string | undefined {
  return Object.keys(permissions).find((name) => !isWildcard(name) && permissions[name]?.includes('content/read'));
}

/** A request with all defaults filled in. The flow works on it, and requests are compared by it. */
export interface Onboarding extends ClientReference {
  readonly permissions: Permissions;
  readonly scopeMap: string;
  readonly token: string;
  readonly image: string;
  readonly credentialLifetimeDays: number;
  /** Set only if the request names one; otherwise preflight uses the connected registry's login server. */
  readonly endpoint?: string;
  readonly replaceSlot?: SlotName;
  readonly recheck: boolean;
  /** Set if an operator asks to take over an existing token that this client did not create. */
  readonly adopt?: true;
  /** Set if a drifted scope map of the app is to be restored. */
  readonly restoreScopeMap?: true;
  /** The identity with which the device reads its secrets; absent if others give it access. */
  readonly identity?: DeviceIdentity;
  /** Set if an event named the identity, which events may do for new clients only. */
  readonly identityByEvent?: true;
  /** Object id, in lower case, of the identity that polls the client's messages; absent if the request changes none. */
  readonly poller?: string;
  /** Set if an event named the poller, which events may do for new clients only. */
  readonly pollerByEvent?: true;
}

/**
 * Fills in the defaults.
 * @param defaultRegistry name of the first configured registry
 * @param defaultDays lifetime of a credential if the request names none
 */
export function toOnboarding(
  body: z.infer<typeof onboardingBody>,
  defaultRegistry: string,
  defaultDays: number = CREDENTIAL_LIFETIME_DAYS.default,
): Onboarding {
  const reference = {
    registry: body.registry ?? defaultRegistry,
    connectedRegistry: body.connectedRegistry,
    client: body.client,
  };
  const permissions = permissionsOf(body.repositories);
  const listed = Array.isArray(body.repositories) ? body.repositories : Object.keys(body.repositories);
  const first = listed.find((name) => !isWildcard(name) && permissions[name]?.includes('content/read')) ?? '';
  const image = parseImage(body.image ?? first);
  return {
    ...reference,
    permissions,
    scopeMap: body.scopeMap ?? defaultScopeMapName(permissions),
    token: body.token ?? defaultTokenName(reference),
    image: formatImage(image ?? { repository: first }),
    credentialLifetimeDays: body.credentialLifetimeDays ?? defaultDays,
    ...(body.endpoint ? { endpoint: body.endpoint } : {}),
    ...(body.replaceSlot ? { replaceSlot: body.replaceSlot } : {}),
    recheck: body.recheck ?? false,
    ...(body.adopt === true ? { adopt: true } : {}),
    ...(body.restoreScopeMap ? { restoreScopeMap: true } : {}),
    ...(body.identity ? { identity: toDeviceIdentity(body.identity) } : {}),
    ...(body.poller ? { poller: body.poller.toLowerCase() } : {}),
  };
}

/** Names that ARM compares without case, and a host. */
const CASELESS: ReadonlySet<string> = new Set(['registry', 'connectedRegistry', 'scopeMap', 'token', 'endpoint']);

/** A fingerprint that is equal for requests with the same meaning, regardless of order and of explicit defaults. */
export function fingerprint(onboarding: Onboarding): string {
  const sorted = Object.entries(onboarding)
    .map(([field, value]): [string, unknown] => [field, CASELESS.has(field) ? String(value).toLowerCase() : value])
    .sort(([left], [right]) => (left < right ? -1 : 1));
  return shortHash(['onboard', sorted], 32);
}
