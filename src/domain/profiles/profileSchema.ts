import { z } from 'zod';
import { CHANNEL_KINDS, type DeviceChannelChoice } from '@connected-registry/protocol/messages/deviceChannel';
import { fieldIssues, helpFor, type FieldIssue } from '@connected-registry/protocol/requests/fieldIssues';
import { NAME_RULES } from '@connected-registry/protocol/names/names';
import {
  imageFits,
  ONBOARDING_FIELDS,
  operatorFields,
  readOnly,
  REQUEST_FIELDS,
} from '@connected-registry/protocol/requests/onboardingRequest';
import { fitsPattern } from '@connected-registry/protocol/names/pattern';
import { MAX_POLLED } from '../polling/pollerIndex.js';
import type { Profile } from './profiles.js';
import { parseJson } from '@connected-registry/protocol/json/parseJson';
import { sameName } from '@connected-registry/protocol/names/sameName';

/** Rules of a profile's fields, as the error messages at start-up state them. */
const PROFILE_FIELDS = {
  ...ONBOARDING_FIELDS,
  name: '1 to 40 letters, digits and hyphens, unique among the profiles',
  match: 'an object with the optional fields hub, device and connectedRegistry',
  hub: 'the name of a hub in IOT_HUBS',
  device: 'a device id in which * matches any characters, for example edge-*',
  connectedRegistry: 'the name of a connected registry; in match, * matches any characters',
  repositories: `${ONBOARDING_FIELDS.repositories}; in a profile content/read and metadata/read only`,
  channel: '"eventGrid", "iotHub", "poll", or {"kind": "iotHub", "hub"?, "module"?, "sealed"?}',
  onJoin: '"onboard" to onboard a device as soon as it joins with a join token, or "wait", the default',
  clients: "a list of device ids, each inside match.device: a new connected registry's clients",
  eventIdentity:
    'true to let ConnectedRegistry.ClientRequested events name the Entra identity of a new client; not with identity or match.hub',
  eventPoller:
    'true to let ConnectedRegistry.ClientRequested events name the poller of a new client; not with pollers or match.hub',
  pollerAccess:
    'true to let the identity that polls for a client also read its secrets; with pollers, one for each client, and without identity and eventIdentity',
  pollers: 'an object {object id of an Entra identity: device id, or a list of 1 to 20 of them}, for channel poll',
} as const;

const MAX_PROFILES = 200;
const MAX_CLIENTS = 200;
const OBJECT_ID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/;

const pattern = (max: number) =>
  z.string('must be a text').min(1, 'must not be empty').max(max, `must have at most ${max} characters`);
const client = z.string('must be a text').regex(NAME_RULES.client, 'is not a device id');

const channel = z.strictObject(
  {
    kind: z.enum(CHANNEL_KINDS, `must be one of ${CHANNEL_KINDS.join(', ')}`),
    hub: z.string('must be a text').min(1, 'must name a hub').optional(),
    module: z.string('must be a text').regex(NAME_RULES.client, 'is not a module id').optional(),
    sealed: z.boolean('must be true or false').optional(),
  },
  'is not a channel',
);

const { repositories, scopeMap, token, image, credentialLifetimeDays } = REQUEST_FIELDS;
const { registry, endpoint, identity } = operatorFields;

const profile = z
  .strictObject({
    name: z.string('must be a text').regex(/^[A-Za-z0-9-]{1,40}$/, 'is not a profile name'),
    match: z
      .strictObject({ hub: pattern(50), device: pattern(128), connectedRegistry: pattern(50) }, 'must be an object')
      .partial()
      .default({}),
    connectedRegistry: z.string('must be a text').regex(NAME_RULES.connectedRegistry, 'is not a valid name').optional(),
    repositories,
    scopeMap,
    token,
    image,
    credentialLifetimeDays,
    registry,
    endpoint,
    identity,
    eventIdentity: z.boolean('must be true or false').optional(),
    eventPoller: z.boolean('must be true or false').optional(),
    pollerAccess: z.boolean('must be true or false').optional(),
    channel: z
      .preprocess((given) => (typeof given === 'string' ? { kind: given } : given), channel)
      .default({ kind: 'eventGrid' }),
    clients: z.array(client).max(MAX_CLIENTS, `must list at most ${MAX_CLIENTS} clients`).default([]),
    onJoin: z.enum(['onboard', 'wait'], 'must be onboard or wait').default('wait'),
    pollers: z
      .record(
        z.string().toLowerCase().regex(OBJECT_ID, 'is not an object id'),
        z.union(
          [client.transform((one) => [one]), z.array(client).min(1).max(MAX_POLLED)],
          'must be one or more device ids',
        ),
      )
      .default({}),
  })
  .check(imageFits)
  .check(readOnly)
  .check(checkCombinations);
type GivenProfile = z.output<typeof profile>;

/** Checks rules that concern several fields. */
function checkCombinations({ value, issues }: z.core.ParsePayload<GivenProfile>): void {
  if (issues.length > 0) return;
  const {
    match,
    connectedRegistry,
    channel,
    clients,
    pollers,
    token,
    identity,
    eventIdentity,
    eventPoller,
    pollerAccess,
  } = value;
  const complain = (path: (string | number)[], message: string) =>
    issues.push({ code: 'custom', path, input: value, message });
  if ((connectedRegistry === undefined) === (match.connectedRegistry === undefined))
    complain(['connectedRegistry'], 'must be set either here or in match, not in both');
  if (match.hub !== undefined && connectedRegistry === undefined)
    complain(['connectedRegistry'], "is missing, and a hub's events name none");
  if (channel.kind === 'iotHub' && (channel.hub ?? match.hub) === undefined)
    complain(['channel', 'hub'], 'is missing, and match names no hub');
  if (channel.kind !== 'iotHub' && (channel.hub ?? channel.module ?? channel.sealed) !== undefined)
    complain(['channel'], 'must name no hub or module, and not say sealed, unless its kind is iotHub');
  if (channel.sealed === true && (identity ?? eventIdentity) !== undefined)
    complain(
      ['channel', 'sealed'],
      'must not be set with identity or eventIdentity: the device needs no Entra identity',
    );
  if (token !== undefined && !isAboutOneClient(value))
    complain(['token'], 'is allowed only for a profile of one client: match.device must be one device id, without *');
  if (identity !== undefined && !isAboutOneClient(value))
    complain(
      ['identity'],
      'is allowed only for a profile of one client: match.device must be one device id, without *',
    );
  if (eventIdentity === true && (identity !== undefined || match.hub !== undefined))
    complain(['eventIdentity'], "must not be set with identity, or for a hub's events, which name none");
  const polled = Object.entries(pollers);
  if (eventPoller === true && (polled.length > 0 || match.hub !== undefined))
    complain(['eventPoller'], "must not be set with pollers, or for a hub's events, which name none");
  if (pollerAccess === true && (polled.length === 0 || identity !== undefined || eventIdentity === true))
    complain(['pollerAccess'], 'needs pollers, and must not be set with identity or eventIdentity');
  const names = polled.flatMap(([, devices]) => [...new Set(devices)]);
  if (pollerAccess === true && new Set(names).size !== names.length)
    complain(['pollerAccess'], 'needs one poller for each client, and a client has several');
  if (polled.length > 0 && channel.kind !== 'poll') complain(['pollers'], 'is allowed only for channel poll');
  if (polled.length > 0 && connectedRegistry === undefined)
    complain(['connectedRegistry'], 'is missing, and pollers need one');
  const fits = (one: string) => match.device === undefined || fitsPattern(match.device, one);
  clients.forEach((one, index) => fits(one) || complain(['clients', index], 'is outside match.device'));
  for (const [id, names] of polled) if (!names.every(fits)) complain(['pollers', id], 'is outside match.device');
}

/**
 * Whether a profile matches one client only. A token must not be shared, since revoking one client would revoke the
 * other.
 */
function isAboutOneClient({ match, connectedRegistry, clients }: GivenProfile): boolean {
  const isOneDevice = match.device !== undefined && !match.device.includes('*');
  return connectedRegistry !== undefined && isOneDevice && clients.length <= 1;
}

const list = z
  .array(z.unknown(), 'must be a JSON list of profiles')
  .max(MAX_PROFILES, `must list at most ${MAX_PROFILES} profiles`);

/**
 * Parses profiles from JSON.
 * @returns the profiles in their order, or all faults as texts that name the profile, the field and its rule
 */
export function parseProfiles(text: string): { readonly profiles: readonly Profile[] } | { readonly faults: string[] } {
  const json = parseJson(text);
  if (json === undefined) return { faults: ['is not JSON; it must be a JSON list of profiles'] };
  const items = list.safeParse(json);
  if (!items.success) return { faults: items.error.issues.map(({ message }) => message) };
  const faults: string[] = [];
  const profiles: Profile[] = [];
  for (const [index, item] of items.data.entries()) {
    const parsed = profile.safeParse(item, { reportInput: true });
    if (!parsed.success)
      faults.push(...fieldIssues(parsed.error).flatMap((issue) => faultsOf(nameOf(item, index), issue)));
    else if (profiles.some(({ name }) => sameName(name, parsed.data.name)))
      faults.push(
        `profile ${parsed.data.name}, field name: is already used by another profile; it must be ${PROFILE_FIELDS.name}`,
      );
    else profiles.push(toProfile(parsed.data));
  }
  return faults.length > 0 ? { faults } : { profiles };
}

function nameOf(item: unknown, index: number): string {
  const name = typeof item === 'object' && item !== null && 'name' in item ? item.name : undefined;
  return typeof name === 'string' && /^[A-Za-z0-9-]{1,40}$/.test(name) ? name : `number ${index + 1}`;
}

function faultsOf(name: string, { code, path, message, input, keys }: FieldIssue): string[] {
  if (keys)
    return keys.map(
      (key) =>
        `profile ${name}, field ${[...path, key].join('.')}: is not a known field; known fields are ${Object.keys(PROFILE_FIELDS).join(', ')}`,
    );
  const missing = code === 'invalid_type' && input === undefined;
  const help = helpFor(path, PROFILE_FIELDS)?.text ?? 'a JSON object';
  const field = path.join('.') || 'the whole profile';
  return [`profile ${name}, field ${field}: ${missing ? 'is missing' : message}; it must be ${help}`];
}

function toProfile({ channel, ...given }: GivenProfile): Profile {
  return { ...given, channel: toChoice(channel, given.match.hub) };
}

function toChoice(
  { kind, hub, module, sealed }: GivenProfile['channel'],
  matched: string | undefined,
): DeviceChannelChoice {
  if (kind !== 'iotHub') return { kind };
  return {
    kind: sealed === true ? 'hub' : kind,
    hub: hub ?? matched ?? '',
    ...(module === undefined ? {} : { module }),
  };
}
