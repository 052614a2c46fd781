import { SWEEP_TIMER } from '../domain/rotation/sweep.js';
import type { FlowLimits } from '../domain/operations/flowLimits.js';
import { minLifetimeDays, type Lifetimes } from '@connected-registry/protocol/requests/lifetimes';
import type { OperatorAccess } from '../domain/clients/operatorAccess.js';
import type { ProfileBook } from '../domain/profiles/profiles.js';
import type { RequestEventKind } from '../domain/events/requestEvents.js';
import type { ReportKeys } from '../domain/pullCheck/reportKey.js';
import type { ArmRates } from '../domain/resourceManager/rates.js';
import { identityDisagreements } from './armIdentities.js';
import { acceptedRequestEvents, profileDisagreements } from './profileDisagreements.js';
import { withProfilesFile } from './profileSettings.js';
import type { RegistryId } from './registries.js';
import type { RotationPolicy } from '../domain/rotation/rotationPolicy.js';
import { rotationDisagreements, rotationPolicy } from './rotationSettings.js';
import { scheduleDisagreements, withResolvedSchedules } from './scheduleSettings.js';
import { settingsSchema, type Settings } from './settingsSchema.js';
import { missingVault, vaultDisagreements, vaultsOf, type VaultConfig } from './vaults.js';

/**
 * How operators sign in to the fleet page: `entra` by App Service authentication, `key` by a function key that they
 * type in; `keyOnLoopback`: the same where the page comes from the operator's own machine, and nowhere else.
 */
export type PageSignIn = 'entra' | 'key' | 'keyOnLoopback';

type CredentialKind = 'managedIdentity' | 'clientSecret' | 'azureCli';

/** Every setting of the app, validated and with defaults. docs/settings.md has the tables. */
export interface Config {
  /** The first is the default for requests without `registry`. */
  readonly registries: readonly [RegistryId, ...RegistryId[]];
  readonly arm: {
    readonly endpoint: string;
    readonly audience: string;
    /** Api-versions of Microsoft.ContainerRegistry, by kind of resource. */
    readonly versions: Readonly<Record<'registry' | 'connectedRegistry', string>>;
    /** What a subscription accepts from the app's principal, before its answers say more. */
    readonly rates: ArmRates;
    /** Client ids, in lower case, of identities that send requests beside `identity`. */
    readonly identities: readonly string[];
  };
  readonly identity: {
    readonly kind: CredentialKind;
    readonly authorityHost: string;
    readonly tenantId?: string;
    readonly clientId?: string;
    readonly clientSecret?: string;
    readonly instanceDiscovery: boolean;
  };
  /**
   * The first is the vault of clients whose records name none: they were onboarded when the settings had one vault
   * only.
   */
  readonly vaults: readonly [VaultConfig, ...VaultConfig[]];
  readonly signalTopic: { readonly endpoint: string };
  readonly reportKeys: ReportKeys;
  readonly operators: OperatorAccess;
  /**
   * host:port values in lower case that a request may name as `endpoint`, in addition to the connected registry's own.
   */
  readonly allowedEndpoints: readonly string[];
  /** What events mean, and how devices are reached. */
  readonly profileBook: ProfileBook;
  /** Kinds of requests that events on the request topic may make; others are refused. */
  readonly requestEvents: readonly RequestEventKind[];
  /** Base address of each IoT Hub's service API, by the hub's name in lower case. */
  readonly hubs: Readonly<Record<string, string>>;
  /** Audience of tokens for IoT Hub. */
  readonly hubAudience: string;
  /**
   * For devices that poll; without an audience none is admitted. `atOnce`: maximum polls that wait at the same time.
   */
  readonly polling: { readonly audience?: string; readonly atOnce: number };
  /** Maximum reports that one instance accepts from one address in a minute. */
  readonly reportsPerMinute: number;
  /** The fleet page; absent where it is off. */
  readonly fleetPage?: { readonly signIn: PageSignIn };
  /** Days without a signed request after which a check reports a device that has joined as silent. */
  readonly silentAfterDays: number;
  /** Minimum seconds between two readings of the fleet for the overview and the inventory. */
  readonly inventoryCacheSeconds: number;
  readonly caps: { readonly clientsPerConnectedRegistry: number; readonly permissionsPerScopeMap: number };
  readonly limits: FlowLimits;
  /** Lifetimes of credentials in days: the default and the minimum. */
  readonly lifetimes: Lifetimes;
  readonly rotation: RotationPolicy;
  /** When the sweep starts due rotations: NCRONTAB. */
  readonly rotationSweepSchedule: string;
  /** True when a setting of the host has disabled the sweep's timer: nothing is rotated automatically. */
  readonly rotationSweepIsOff: boolean;
  /** Days from a run's end until it is purged from the engine. */
  readonly purgeAfterDays: number;
  /** When all clients are checked: NCRONTAB; absent for never. */
  readonly checkSchedule?: string;
  /** Warnings for operators; they do not stop the app. */
  readonly warnings: readonly string[];
}

/** Thrown at the start. It names every missing or wrong setting and its valid form, and never shows a value. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  constructor(readonly problems: readonly string[]) {
    super(`The app cannot start: ${problems.join('; ')}.`);
  }
}

/**
 * Whether the host's setting `AzureWebJobs.{function}.Disabled` disables a function. On Linux the dots may be
 * underscores. Source: Azure docs, disable-function.
 */
function isFunctionOff(environment: Readonly<Record<string, string | undefined>>, name: string): boolean {
  const setting = new RegExp(`^AzureWebJobs[._]+${name}[._]+Disabled$`, 'i');
  return Object.entries(environment).some(([key, value]) => setting.test(key) && /^(?:1|true)$/i.test(value ?? ''));
}

/**
 * Reads the settings. An empty value, as the portal leaves it, counts as absent.
 *
 * @throws ConfigError with every wrong setting.
 */
export function loadConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const given = withProfilesFile(
    Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== undefined && value !== '')),
  );
  if (typeof given === 'string') throw new ConfigError([given]);
  const parsed = settingsSchema.safeParse(withResolvedSchedules(given));
  if (!parsed.success)
    throw new ConfigError([
      ...parsed.error.issues.map((issue) => {
        const name = String(issue.path[0]);
        return name in given || issue.code !== 'invalid_type'
          ? `setting ${name} ${issue.message}`
          : `setting ${name} is missing`;
      }),
      ...missingVault(given),
    ]);
  const settings = parsed.data;
  const problems = [...disagreements(settings), ...scheduleDisagreements(settings, given['WEBSITE_SKU'])];
  if (problems.length > 0) throw new ConfigError(problems);

  return {
    registries: settings.REGISTRIES,
    arm: {
      endpoint: settings.ARM_ENDPOINT,
      audience: settings.ARM_AUDIENCE ?? settings.ARM_ENDPOINT,
      versions: {
        registry: settings.REGISTRY_API_VERSION,
        connectedRegistry: settings.CONNECTED_REGISTRY_API_VERSION,
      },
      rates: {
        reads: { capacity: settings.ARM_READ_BUCKET, perSecond: settings.ARM_READS_PER_SECOND },
        writes: { capacity: settings.ARM_WRITE_BUCKET, perSecond: settings.ARM_WRITES_PER_SECOND },
        deletes: { capacity: settings.ARM_DELETE_BUCKET, perSecond: settings.ARM_DELETES_PER_SECOND },
      },
      identities: settings.ARM_IDENTITIES,
    },
    identity: {
      kind: settings.CREDENTIAL_KIND,
      authorityHost: settings.AZURE_AUTHORITY_HOST,
      ...(settings.AZURE_TENANT_ID ? { tenantId: settings.AZURE_TENANT_ID } : {}),
      ...(settings.AZURE_CLIENT_ID ? { clientId: settings.AZURE_CLIENT_ID } : {}),
      ...(settings.AZURE_CLIENT_SECRET ? { clientSecret: settings.AZURE_CLIENT_SECRET } : {}),
      instanceDiscovery: !settings.DISABLE_INSTANCE_DISCOVERY,
    },
    vaults: vaultsOf(settings),
    signalTopic: { endpoint: settings.SIGNAL_TOPIC_ENDPOINT },
    reportKeys: settings.REPORT_KEYS,
    operators:
      settings.OPERATOR_AUTH === 'functionKey'
        ? { kind: 'functionKey' }
        : {
            kind: 'entra',
            ...(settings.OPERATOR_ROLE === undefined ? {} : { role: settings.OPERATOR_ROLE }),
            principals: settings.OPERATOR_PRINCIPALS,
          },
    allowedEndpoints: [
      ...settings.ALLOWED_ENDPOINTS,
      ...settings.PROFILES.flatMap(({ endpoint }) => endpoint?.toLowerCase() ?? []),
    ],
    profileBook: { profiles: settings.PROFILES, defaultRegistry: settings.REGISTRIES[0].name },
    requestEvents: acceptedRequestEvents(settings),
    hubs: settings.IOT_HUBS,
    hubAudience: settings.IOT_HUB_AUDIENCE,
    polling: {
      atOnce: settings.POLLS_AT_ONCE,
      ...(settings.POLL_AUDIENCE ? { audience: settings.POLL_AUDIENCE } : {}),
    },
    reportsPerMinute: settings.REPORTS_PER_MINUTE,
    ...(settings.FLEET_PAGE ? { fleetPage: { signIn: pageSignIn(settings) } } : {}),
    silentAfterDays: settings.SILENT_AFTER_DAYS,
    inventoryCacheSeconds: settings.INVENTORY_CACHE_SECONDS,
    caps: {
      clientsPerConnectedRegistry: settings.CLIENTS_PER_CONNECTED_REGISTRY,
      permissionsPerScopeMap: settings.PERMISSIONS_PER_SCOPE_MAP,
    },
    limits: {
      retryFirstSeconds: settings.RETRY_FIRST_SECONDS,
      retryMaxSeconds: settings.RETRY_MAX_SECONDS,
      stepDeadlineSeconds: settings.STEP_DEADLINE_SECONDS,
      bindDeadlineSeconds: settings.BIND_DEADLINE_SECONDS,
      reportTimeoutSeconds: settings.REPORT_TIMEOUT_SECONDS,
      pullCheckDeadlineSeconds: settings.PULL_CHECK_DEADLINE_SECONDS,
      ...(settings.PULL_CHECK_RETRY_SECONDS ? { pullCheckRetrySeconds: settings.PULL_CHECK_RETRY_SECONDS } : {}),
      activationDeadlineSeconds: settings.ACTIVATION_DEADLINE_SECONDS,
      undoDeadlineSeconds: settings.UNDO_DEADLINE_SECONDS,
      passwordReplicationSeconds: settings.PASSWORD_REPLICATION_SECONDS,
      syncDeadlineSeconds: settings.SYNC_DEADLINE_SECONDS,
      overlapSeconds: settings.OVERLAP_SECONDS,
      agentRefreshSeconds: settings.AGENT_REFRESH_SECONDS,
      rotationRetrySeconds: settings.ROTATION_RETRY_SECONDS,
      ...(settings.ROTATION_FREEZE_WINDOWS.length > 0 ? { freezeWindows: settings.ROTATION_FREEZE_WINDOWS } : {}),
    },
    lifetimes: {
      defaultDays: settings.CREDENTIAL_LIFETIME_DAYS,
      minDays: minLifetimeDays(settings.NEAR_EXPIRY_EVENTS),
    },
    rotation: rotationPolicy(settings),
    rotationSweepSchedule: settings.ROTATION_SWEEP_SCHEDULE,
    rotationSweepIsOff: isFunctionOff(environment, SWEEP_TIMER),
    purgeAfterDays: settings.PURGE_AFTER_DAYS,
    ...(settings.CHECK_SCHEDULE === 'off' ? {} : { checkSchedule: settings.CHECK_SCHEDULE }),
    warnings: warningsOf(settings),
  };
}

function pageSignIn(settings: Settings): PageSignIn {
  if (settings.OPERATOR_AUTH === 'entra') return 'entra';
  return settings.FLEET_PAGE_KEYS ? 'key' : 'keyOnLoopback';
}

/** Warnings about settings that are valid and risky. */
function warningsOf(settings: Settings): string[] {
  const warnings: string[] = [];
  if (!settings.KEY_VAULT_VERIFY_CHALLENGE)
    warnings.push(
      'KEY_VAULT_VERIFY_CHALLENGE is false: the vault is trusted to name the audience of tokens sent to it. Use this for a stand-in only.',
    );
  if (settings.PROFILES.length === 0 && acceptedRequestEvents(settings).length > 0)
    warnings.push(
      'REQUEST_EVENTS is set and PROFILES is not: whoever may send to the request topic can ask for any client.',
    );
  return warnings;
}

/** Problems of settings that are valid alone and not together. */
function disagreements(settings: Settings): string[] {
  const problems: string[] = [];
  if (settings.CREDENTIAL_KIND === 'clientSecret')
    for (const name of ['AZURE_TENANT_ID', 'AZURE_CLIENT_ID', 'AZURE_CLIENT_SECRET'] as const)
      if (!settings[name]) problems.push(`setting ${name} is missing, and CREDENTIAL_KIND clientSecret needs it`);
  if (settings.RETRY_FIRST_SECONDS > settings.RETRY_MAX_SECONDS)
    problems.push('setting RETRY_FIRST_SECONDS must not exceed RETRY_MAX_SECONDS');
  if (settings.REPORT_TIMEOUT_SECONDS > settings.PULL_CHECK_DEADLINE_SECONDS)
    problems.push('setting REPORT_TIMEOUT_SECONDS must not exceed PULL_CHECK_DEADLINE_SECONDS');
  return [
    ...vaultDisagreements(settings),
    ...problems,
    ...identityDisagreements(settings),
    ...operatorDisagreements(settings),
    ...profileDisagreements(settings),
    ...rotationDisagreements(settings),
  ];
}

/** With Entra, App Service authentication must be on: only it removes identity headers that a caller has forged. */
function operatorDisagreements(settings: Settings): string[] {
  const named = settings.OPERATOR_ROLE !== undefined || settings.OPERATOR_PRINCIPALS.length > 0;
  if (settings.OPERATOR_AUTH === 'functionKey')
    return named
      ? ['setting OPERATOR_AUTH must be entra for OPERATOR_ROLE and OPERATOR_PRINCIPALS to have any effect']
      : [];
  const problems: string[] = [];
  if (!named)
    problems.push('setting OPERATOR_ROLE or OPERATOR_PRINCIPALS is missing, and OPERATOR_AUTH entra needs one of them');
  if (settings.WEBSITE_AUTH_ENABLED?.toLowerCase() !== 'true')
    problems.push(
      'setting OPERATOR_AUTH must not be entra while App Service authentication is off (WEBSITE_AUTH_ENABLED, which the platform sets, is not True): turn it on with Microsoft Entra as provider and unauthenticated requests allowed (authsettingsV2), see docs/operators.md',
    );
  return problems;
}
