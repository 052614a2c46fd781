import { randomUUID } from 'node:crypto';
import type { IdentityName } from '../access/identities.js';
import { vaultId } from '../arm/ids.js';
import { listen, type Answer } from '../http/listener.js';
import type { Plane } from '../plane.js';
import { OUR_TAG } from '../seed.js';
import { noFacts, Store } from '../state/store.js';
import { ExpiryWatch } from './expiryWatch.js';
import { emptyVaultState, VAULT_FORMAT, vaultContents } from './vaultState.js';

/** A vault beside the seeded one, with an address of its own. */
export interface FurtherVault {
  readonly name: string;
  /** `https://localhost:PORT`, without a slash at the end. */
  readonly url: string;
  close(): Promise<void>;
}

interface Options {
  /** 0 takes a free one. */
  readonly port: number;
  readonly tls: { readonly cert: string; readonly key: string };
  /** Where its secrets are kept. */
  readonly file: string;
  /** Makes the answers of the vault from its plane. */
  readonly answer: (vault: Plane) => Answer;
}

/**
 * Starts a further vault of the same resource group. It shares clock, identities and role assignments with everything
 * else, and has a name, an address and secrets of its own. The identities that exist from the start have the same roles
 * as on the first.
 *
 * @throws EADDRINUSE if the port is taken
 */
export async function startFurtherVault(plane: Plane, name: string, options: Options): Promise<FurtherVault> {
  const { port, tls, file, answer } = options;
  await Store.facts(file, VAULT_FORMAT, noFacts);
  const state = emptyVaultState();
  const store = await Store.open(file, vaultContents(state), (message) => plane.log('error', { message }));
  const address = { url: '' };
  const own: Plane = {
    ...plane,
    get baseUrl() {
      return address.url;
    },
    arm: { ...plane.arm, vaultName: name },
    vault: state,
    vaultFile: store,
    commit() {
      plane.commit();
      store.commit();
    },
    secretChanged: (secret) => expiry.changed(secret),
  };
  const expiry = new ExpiryWatch(own);
  assignRoles(plane, vaultId(own.arm));
  const listener = await listen(tls, port, answer(own));
  address.url = `https://localhost:${listener.port}`;
  expiry.look();
  return {
    name,
    url: address.url,
    close: async () => {
      await listener.close();
      expiry.close();
      await store.close();
    },
  };
}

const ROLES: Readonly<Record<IdentityName, string>> = {
  operator: 'Key Vault Administrator',
  app: 'Key Vault Secrets Officer',
  device: 'Key Vault Secrets User',
};

/** Once: a restart finds them, or finds that somebody has taken some of them. */
function assignRoles({ arm, identities }: Plane, scope: string): void {
  if ([...arm.roleAssignments.values()].some((one) => one.scope === scope)) return;
  for (const { name: who, objectId: principalId } of identities) {
    const role = (ROLES as Readonly<Record<string, string>>)[who];
    if (role === undefined) continue;
    const tagged = who === 'device' ? { onlySecretsTagged: OUR_TAG } : {};
    arm.roleAssignments.set({ name: randomUUID(), principalId, role, scope, ...tagged });
  }
}
