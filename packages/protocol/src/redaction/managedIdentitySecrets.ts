import { seenSecrets } from './seenSecrets.js';

/**
 * Secrets that the platform gives a process to request tokens from its local endpoint (Azure docs: "Connect to Azure
 * services in app code", REST endpoint reference). Anyone on that machine who has one gets the identity's tokens.
 */
const NAMES = ['IDENTITY_HEADER', 'MSI_SECRET'] as const;

/**
 * Keeps them out of all output.
 * @param env the environment of the process
 */
export function keepManagedIdentitySecrets(env: Readonly<Record<string, string | undefined>>): void {
  for (const name of NAMES) seenSecrets.keep(env[name]);
}
