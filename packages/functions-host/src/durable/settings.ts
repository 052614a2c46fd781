/**
 * Settings of the Durable Task extension in host.json (Azure docs: durable-functions-bindings, "host.json settings").
 */
import { sameName } from '../caseInsensitive.js';
import { availableParallelism } from 'node:os';

import type { HostJson } from '../config/hostJson.js';
import type { RuntimeStatus } from './hub/instance.js';

export type VersionMatchStrategy = 'none' | 'strict' | 'currentOrOlder';
export type VersionFailureStrategy = 'reject' | 'fail';

/** Parsed and checked settings with their defaults; times in ms. */
export interface DurableSettings {
  readonly hubName: string;
  readonly maxActivities: number;
  readonly maxOrchestrators: number;
  readonly maxEntities: number;
  readonly maxActions: number;
  readonly maximumShortTimerMs: number;
  readonly longTimerIntervalMs: number;
  readonly httpSleepMs: number;
  readonly maxEntityBatch: number;
  readonly defaultVersion: string | null;
  readonly versionMatchStrategy: VersionMatchStrategy;
  readonly versionFailureStrategy: VersionFailureStrategy;
  /** States in which an instance cannot be started again. */
  readonly notOverridable: ReadonlySet<RuntimeStatus>;
  /** Timers may fire up to a second early, as in Azure Storage. */
  readonly earlyTimers: boolean;
}

/** host.json has a setting that is not supported. */
export class DurableSettingsError extends Error {
  override readonly name = 'DurableSettingsError';
}

const day = 24 * 3600 * 1000;

/**
 * Reads the settings.
 * @param defaults of this host, for settings that host.json omits
 * @throws DurableSettingsError that names the setting
 */
export function durableSettings(hostJson: HostJson, defaults: { earlyTimers: boolean }): DurableSettings {
  const get = (...names: string[]): unknown => hostJson.get('extensions', 'durableTask', ...names);
  const number = (otherwise: number, ...names: string[]): number => {
    const value = get(...names);
    if (value === undefined || value === null) return otherwise;
    const count = typeof value === 'string' ? Number(value) : value;
    if (typeof count !== 'number' || !Number.isInteger(count) || count <= 0)
      throw new DurableSettingsError(
        `host.json: extensions.durableTask.${names.join('.')} must be a positive whole number`,
      );
    return count;
  };
  const choice = <T extends string>(allowed: readonly T[], otherwise: T, name: string): T => {
    const value = get(name);
    if (value === undefined || value === null) return otherwise;
    const found = allowed.find((one) => typeof value === 'string' && sameName(one, value));
    if (found === undefined)
      throw new DurableSettingsError(`host.json: extensions.durableTask.${name} must be one of ${allowed.join(', ')}`);
    return found;
  };
  const perCore = 10 * availableParallelism();
  const overridable = choice(['NonRunningStates', 'AnyState'], 'NonRunningStates', 'overridableExistingInstanceStates');
  const defaultVersion = get('defaultVersion');
  return {
    hubName: hubName(get('hubName')),
    maxActivities: number(perCore, 'maxConcurrentActivityFunctions'),
    maxOrchestrators: number(perCore, 'maxConcurrentOrchestratorFunctions'),
    maxEntities: number(perCore, 'maxConcurrentEntityFunctions'),
    maxActions: number(100_000, 'maxOrchestrationActions'),
    maximumShortTimerMs: 6 * day,
    longTimerIntervalMs: 3 * day,
    httpSleepMs: number(30_000, 'httpSettings', 'defaultAsyncRequestSleepTimeMilliseconds'),
    maxEntityBatch: number(5000, 'maxEntityOperationBatchSize'),
    defaultVersion: typeof defaultVersion === 'string' && defaultVersion.trim() !== '' ? defaultVersion : null,
    versionMatchStrategy: choice(['none', 'strict', 'currentOrOlder'], 'currentOrOlder', 'versionMatchStrategy'),
    versionFailureStrategy: choice(['reject', 'fail'], 'reject', 'versionFailureStrategy'),
    notOverridable: new Set<RuntimeStatus>(
      overridable === 'AnyState' ? [] : ['Running', 'ContinuedAsNew', 'Pending', 'Suspended'],
    ),
    earlyTimers: defaults.earlyTimers,
  };
}

/** %NAME% is replaced from the environment, as in binding expressions. */
function hubName(value: unknown): string {
  if (typeof value !== 'string' || value === '') return 'TestHubName';
  return value.replace(/%([^%]+)%/g, (whole: string, name: string) => process.env[name] ?? whole);
}
