import { seenSecrets } from './seenSecrets.js';

/**
 * What the platform gives a process to ask its own endpoint for tokens with (Azure docs: "Connect to Azure services in app code", REST
 * endpoint reference): whoever has it, on that machine, gets the identity's tokens.
 */
const NAMES = ['IDENTITY_HEADER', 'MSI_SECRET'] as const;

/** Has them kept out of everything that is written. @param env of the process. */
export function keepManagedIdentitySecrets(env: Readonly<Record<string, string | undefined>>): void {
  for (const name of NAMES) seenSecrets.keep(env[name]);
}
