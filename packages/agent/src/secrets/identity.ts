import {
  ClientCertificateCredential,
  ClientSecretCredential,
  ManagedIdentityCredential,
  WorkloadIdentityCredential,
} from '@azure/identity';
import type { TokenCredential } from '@azure/identity';
import { keepManagedIdentitySecrets } from '@connected-registry/protocol/redaction/managedIdentitySecrets';
import { seenSecrets } from '@connected-registry/protocol/redaction/seenSecrets';

/** The authority that an identity signs in at, unless it is a managed identity. */
export interface Authority {
  host: string | undefined;
  /** True for an authority that is not one of the public clouds. */
  disableInstanceDiscovery: boolean;
}

/** The agent's identity for the vault, and for the app when it polls. */
export type Identity =
  | { kind: 'managedIdentity'; clientId: string | undefined }
  | { kind: 'clientSecret'; tenantId: string; clientId: string; clientSecret: string; authority: Authority }
  | { kind: 'clientCertificate'; tenantId: string; clientId: string; certificateFile: string; authority: Authority }
  | { kind: 'workloadIdentity'; tenantId: string; clientId: string; tokenFile: string; authority: Authority };

/** Creates the credential of an identity. It caches tokens, so use one instance for everything. */
export function credentialOf(identity: Identity): TokenCredential {
  if (identity.kind === 'clientSecret') seenSecrets.keep(identity.clientSecret);
  keepManagedIdentitySecrets(process.env);
  const credential = sdkCredentialOf(identity);
  return {
    getToken: async (scopes, options) => {
      const token = await credential.getToken(scopes, options);
      seenSecrets.remember(token?.token);
      return token;
    },
  };
}

/** Sign-in goes only to the authority in the settings. */
const NO_REDIRECTS = { maxRetries: 0 } as const;

function sdkCredentialOf(identity: Identity): TokenCredential {
  if (identity.kind === 'managedIdentity') {
    const { clientId } = identity;
    return new ManagedIdentityCredential({
      ...(clientId !== undefined && { clientId }),
      redirectOptions: NO_REDIRECTS,
    });
  }
  const { tenantId, clientId, authority } = identity;
  const options = {
    disableInstanceDiscovery: authority.disableInstanceDiscovery,
    redirectOptions: NO_REDIRECTS,
    ...(authority.host !== undefined && { authorityHost: authority.host }),
  };
  switch (identity.kind) {
    case 'clientSecret':
      return new ClientSecretCredential(tenantId, clientId, identity.clientSecret, options);
    case 'clientCertificate':
      return new ClientCertificateCredential(tenantId, clientId, identity.certificateFile, options);
    case 'workloadIdentity':
      return new WorkloadIdentityCredential({ tenantId, clientId, tokenFilePath: identity.tokenFile, ...options });
  }
}
