import { keyPrefix, registryPrefix } from '@connected-registry/protocol/names/clientKey';
import { CHECK_PREFIX } from '../check/checkRun.js';
import { revocationPrefix } from '../revocation/revocationInstance.js';
import { WAITING_PREFIXES } from './waitingRun.js';

/*
 * The engine lists its entities like instances of orchestrations: as running, with their states as inputs. A fleet has
 * some for each client, and a rollout some of hundreds of kilobytes. So runs are listed by the prefixes of their ids,
 * which no entity has.
 */

/** Prefixes of the instances that are about clients. @param registries names of the registries */
export function clientRunPrefixes(registries: readonly string[]): string[] {
  return [...new Set([...registries.map(registryPrefix), ...WAITING_PREFIXES, revocationPrefix()])];
}

/** Prefixes of the instances about clients of one registry. Revocations do not have its name. */
export function registryRunPrefixes(registry: string): string[] {
  const prefix = registryPrefix(registry);
  return [...['', ...WAITING_PREFIXES].map((waiting) => `${waiting}${prefix}`), revocationPrefix()];
}

/** Prefixes of the instances of all runs. */
export function allRunPrefixes(registries: readonly string[]): string[] {
  return [...new Set([...clientRunPrefixes(registries), CHECK_PREFIX])];
}

/** Prefixes of the instances about clients of connected registries of this name. */
export function siteRunPrefixes(registries: readonly string[], connectedRegistry: string): string[] {
  const keys = registries.map((registry) => keyPrefix({ registry, connectedRegistry }));
  return [
    ...new Set([
      ...['', ...WAITING_PREFIXES].flatMap((prefix) => keys.map((key) => `${prefix}${key}`)),
      revocationPrefix(),
    ]),
  ];
}
