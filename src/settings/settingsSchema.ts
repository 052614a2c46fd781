import { z } from 'zod';
import { KNOWN_VERSIONS } from '../domain/resourceManager/apiVersions.js';
import { armIdentities } from './armIdentities.js';
import type { RegistryId } from './registries.js';
import { isEndpoint } from '@connected-registry/protocol/names/names';
import { hubs, profiles, requestEvents } from './profileSettings.js';
import type { ReportKeys } from '../domain/pullCheck/reportKey.js';
import { rotationSettings } from './rotationSettings.js';
import { hostSchedule } from './scheduleSettings.js';
import { flag, GUID, list, whole, wholeNumber } from './settingKinds.js';
import { vaultSettings } from './vaults.js';

const REGISTRY_ID =
  /^\/subscriptions\/(?<subscriptionId>[^/]+)\/resourceGroups\/(?<resourceGroup>[^/]+)\/providers\/Microsoft\.ContainerRegistry\/registries\/(?<name>[a-zA-Z0-9]{5,50})$/i;

const httpsUrl = z
  .url({ protocol: /^https$/, error: 'must be an https URL' })
  .transform((url) => url.replace(/\/+$/, ''));
const registries = z.string('must list at least one registry resource id').transform((text, context) => {
  const ids = list(text).map((item) => REGISTRY_ID.exec(item)?.groups);
  const good = ids.flatMap((groups) => {
    const { subscriptionId, resourceGroup, name } = groups ?? {};
    return subscriptionId && resourceGroup && name ? [{ subscriptionId, resourceGroup, name }] : [];
  });
  const [first, ...rest] = good;
  if (!first || good.length !== ids.length) {
    context.addIssue(
      'must list resource ids /subscriptions/.../resourceGroups/.../providers/Microsoft.ContainerRegistry/registries/NAME, separated by commas',
    );
    return z.NEVER;
  }
  if (new Set(good.map((id) => id.name.toLowerCase())).size !== good.length) {
    context.addIssue('must not list two registries of one name');
    return z.NEVER;
  }
  return [first, ...rest] satisfies [RegistryId, ...RegistryId[]];
});

const apiVersion = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}(?:-preview)?$/, 'must be an api-version of Azure, such as 2025-11-01');

/** Minimum bytes of a key: the length of a SHA-256 hash, since a shorter key is easier to guess than the code. */
const MIN_KEY_BYTES = 32;

const reportKeys = z.string('must hold at least one key, id:base64url').transform((text, context): ReportKeys => {
  const keys = list(text).flatMap((item) => {
    const [id, encoded, ...rest] = item.split(':');
    const secret = Buffer.from(encoded ?? '', 'base64url');
    return id && rest.length === 0 && /^[A-Za-z0-9_-]{1,32}$/.test(id) && secret.length >= MIN_KEY_BYTES
      ? [{ id, secret }]
      : [];
  });
  const [signing] = keys;
  if (!signing || keys.length !== list(text).length || new Set(keys.map((key) => key.id)).size !== keys.length) {
    context.addIssue(
      `must hold id:base64url pairs with distinct ids and at least ${MIN_KEY_BYTES} bytes each, separated by commas; the first signs`,
    );
    return z.NEVER;
  }
  return { signing, all: keys };
});

/** An app role's value: Entra's form (docs: howto-add-app-roles) without characters that break lists or logs. */
const APP_ROLE = /^[\w.:/+-]{1,120}$/;

/** `off`, or a schedule as the host's timers read it. */
const checkSchedule = z.union([z.literal('off'), hostSchedule('0 0 3 * * *')]);

const day = 86_400;
/** Every setting by its name, with its parser and default. docs/settings.md has the tables. */
export const settingsSchema = z.object({
  REGISTRIES: registries,
  ARM_ENDPOINT: httpsUrl.default('https://management.azure.com'),
  ARM_AUDIENCE: httpsUrl.optional(),
  ARM_READ_BUCKET: whole(1, 1_000_000, 250),
  ARM_READS_PER_SECOND: whole(1, 100_000, 25),
  ARM_WRITE_BUCKET: whole(1, 1_000_000, 200),
  ARM_WRITES_PER_SECOND: whole(1, 100_000, 10),
  ARM_DELETE_BUCKET: whole(1, 1_000_000, 200),
  ARM_DELETES_PER_SECOND: whole(1, 100_000, 10),
  ARM_IDENTITIES: armIdentities,
  REGISTRY_API_VERSION: apiVersion.default(KNOWN_VERSIONS.registry[0]),
  CONNECTED_REGISTRY_API_VERSION: apiVersion.default(KNOWN_VERSIONS.connectedRegistry[0]),
  CREDENTIAL_KIND: z
    .enum(['managedIdentity', 'clientSecret', 'azureCli'], 'must be managedIdentity, clientSecret or azureCli')
    .default('managedIdentity'),
  AZURE_AUTHORITY_HOST: httpsUrl.default('https://login.microsoftonline.com'),
  AZURE_TENANT_ID: z.string().optional(),
  AZURE_CLIENT_ID: z.string().optional(),
  AZURE_CLIENT_SECRET: z.string().optional(),
  DISABLE_INSTANCE_DISCOVERY: flag(false),
  ...vaultSettings,
  KEY_VAULT_VERIFY_CHALLENGE: flag(true),
  SIGNAL_TOPIC_ENDPOINT: httpsUrl,
  REPORT_KEYS: reportKeys,
  OPERATOR_AUTH: z.enum(['functionKey', 'entra'], 'must be functionKey or entra').default('functionKey'),
  OPERATOR_ROLE: z
    .string()
    .regex(APP_ROLE, 'must be the value of an app role: at most 120 letters, digits and signs, no space')
    .optional(),
  OPERATOR_PRINCIPALS: z
    .string()
    .default('')
    .transform((text) => list(text).map((item) => item.toLowerCase()))
    .refine((items) => items.every((item) => GUID.test(item)), 'must list object ids of Entra, separated by commas'),
  /** Set by the platform. */
  WEBSITE_AUTH_ENABLED: z.string().optional(),
  /** Read by the host only: the maximum body in bytes. It is listed here because a deployment sets it. */
  FUNCTIONS_REQUEST_BODY_SIZE_LIMIT: z.string().optional(),
  ALLOWED_ENDPOINTS: z
    .string()
    .default('')
    .transform((text) => list(text).map((item) => item.toLowerCase()))
    .refine((items) => items.every(isEndpoint), 'must list host or host:port values, separated by commas'),
  FLEET_PAGE: flag(true),
  FLEET_PAGE_KEYS: flag(false),
  PROFILES: profiles.default([]),
  REQUEST_EVENTS: requestEvents,
  IOT_HUBS: hubs,
  IOT_HUB_AUDIENCE: httpsUrl.default('https://iothubs.azure.net'),
  POLL_AUDIENCE: z.string().optional(),
  POLLS_AT_ONCE: whole(1, 10_000, 200),
  REPORTS_PER_MINUTE: whole(1, 100_000, 1200),
  SILENT_AFTER_DAYS: whole(1, 365, 7),
  INVENTORY_CACHE_SECONDS: whole(10, 3600, 60),
  CLIENTS_PER_CONNECTED_REGISTRY: whole(1, 10_000, 50),
  PERMISSIONS_PER_SCOPE_MAP: whole(1, 10_000, 500),
  RETRY_FIRST_SECONDS: whole(1, 600, 2),
  RETRY_MAX_SECONDS: whole(1, 3600, 60),
  STEP_DEADLINE_SECONDS: whole(1, 7 * day, 900),
  BIND_DEADLINE_SECONDS: whole(1, 7 * day, 1800),
  REPORT_TIMEOUT_SECONDS: whole(1, day, 300),
  PULL_CHECK_DEADLINE_SECONDS: whole(1, 30 * day, 3600),
  PULL_CHECK_RETRY_SECONDS: wholeNumber(1, day).optional(),
  ACTIVATION_DEADLINE_SECONDS: whole(0, 30 * day, 7 * day),
  CHECK_SCHEDULE: checkSchedule,
  UNDO_DEADLINE_SECONDS: whole(1, 7 * day, 1800),
  ...rotationSettings,
  // At least two days: events about an offboarded device may arrive late, and must find its offboarding.
  PURGE_AFTER_DAYS: whole(2, 3650, 30),
});

/** All settings, parsed. */
export type Settings = z.infer<typeof settingsSchema>;
