import type { TokenCredential } from '@azure/identity';
import type { Config } from '../../settings/config.js';
import type { RegistryControlPlane } from '../../ports/registryControlPlane.js';
import { createArmCalls } from './armCalls.js';
import { createArmRegistries } from './armRegistries.js';
import { createArmScopeMaps } from './armScopeMaps.js';
import { createArmTokens } from './armTokens.js';

/**
 * The control plane on Azure Resource Manager: each kind of resource has its calls in a file of its own, and all make them by
 * the same {@link createArmCalls}.
 */
export function createArmControlPlane(config: Config, credential: TokenCredential): RegistryControlPlane {
  const calls = createArmCalls(config, credential);
  return { ...createArmRegistries(calls), ...createArmScopeMaps(calls), ...createArmTokens(calls) };
}
