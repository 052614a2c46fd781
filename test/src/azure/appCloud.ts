import { ClientSecretCredential } from '@azure/identity';
import { Cloud } from '../../shared/cloud.js';

/** A control plane, as the app's own adapters reach it. */
export interface AppCloud {
  readonly cloud: Cloud;
  /** Of the app's identity. */
  readonly credential: ClientSecretCredential;
  /** Settings of the adapters of its vault. */
  readonly vault: { readonly url: string; readonly verifyChallenge: boolean };
  end(): Promise<void>;
}

/**
 * Starts a control plane for adapters that take no certificate authority: until it ends, this process verifies no
 * certificate. The control plane's authority was made after the process, whose own list of authorities is read when it
 * starts.
 */
export async function startAppCloud(): Promise<AppCloud> {
  const strict = process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
  const cloud = await Cloud.start();
  process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
  const { url, world } = cloud.running;
  const { clientId, clientSecret } = world.identities.app;
  const how = { authorityHost: url, disableInstanceDiscovery: true };
  return {
    cloud,
    credential: new ClientSecretCredential(world.tenantId, clientId, clientSecret, how),
    vault: { url, verifyChallenge: false },
    async end() {
      if (strict === undefined) delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
      else process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = strict;
      await cloud.end();
    },
  };
}
