import type { Config } from '../../settings/config.js';
import type { RegistryControlPlane } from '../../ports/registryControlPlane.js';
import type { Turns } from '../budget/turns.js';
import type { CredentialOf } from '../identity/armCredentials.js';
import { createArmCalls } from './armCalls.js';
import { createArmRegistries } from './armRegistries.js';
import { createArmScopeMaps } from './armScopeMaps.js';
import { createArmTokens } from './armTokens.js';

/**
 * Creates the control plane on Azure Resource Manager. Each kind of resource has a file; all share {@link
 * createArmCalls}.
 *
 * @param turns gives each request its token.
 */
export function createArmControlPlane(config: Config, credentialOf: CredentialOf, turns: Turns): RegistryControlPlane {
  const calls = createArmCalls(config, credentialOf, turns);
  return { ...createArmRegistries(calls), ...createArmScopeMaps(calls), ...createArmTokens(calls) };
}
