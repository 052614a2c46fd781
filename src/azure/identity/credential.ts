import type { TokenCredential } from '@azure/identity';
import type { Config } from '../../settings/config.js';
import { keepManagedIdentitySecrets } from '@connected-registry/protocol/redaction/managedIdentitySecrets';
import { seenSecrets } from '@connected-registry/protocol/redaction/seenSecrets';
import { lazily } from '../calls/lazily.js';
import { sharedTokens } from './sharedTokens.js';
import { NO_REDIRECTS } from '../calls/pipelineOptions.js';

/** Creates the credential of the kind that the settings name; no other kind is tried. */
export function createCredential(identity: Config['identity']): TokenCredential {
  seenSecrets.keep(identity.clientSecret);
  keepManagedIdentitySecrets(process.env);
  const load = lazily(async () => {
    const sdk = await import('@azure/identity');
    const { tenantId, clientId, clientSecret } = identity;
    const options = {
      authorityHost: identity.authorityHost,
      disableInstanceDiscovery: !identity.instanceDiscovery,
      // The client secret is sent to the authority in the settings only.
      redirectOptions: NO_REDIRECTS,
    };
    switch (identity.kind) {
      case 'managedIdentity':
        return new sdk.ManagedIdentityCredential({ ...(clientId ? { clientId } : {}), redirectOptions: NO_REDIRECTS });
      case 'azureCli':
        return tenantId ? new sdk.AzureCliCredential({ tenantId }) : new sdk.AzureCliCredential();
      case 'clientSecret':
        return new sdk.ClientSecretCredential(tenantId ?? '', clientId ?? '', clientSecret ?? '', options);
    }
  });
  return sharedTokens({
    getToken: async (scopes, options) => {
      const token = await (await load()).getToken(scopes, options);
      seenSecrets.remember(token?.token);
      return token;
    },
  });
}
