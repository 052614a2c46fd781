// A vault with purge protection stays deleted for 90 days, and so does its name: `azd down` and `azd up` would end in a
// conflict.
import { az, HookError, output } from './az.mjs';
import { command } from './command.mjs';

/**
 * Tells the deployment, by azd's variable RECOVER_VAULT, whether the vault of this environment is to be recovered.
 * @param {(line: string) => void} say
 */
export function recoverVault(say) {
  if (process.env.EXISTING_VAULT_ID) return;
  const deleted = deletedVaults().find(isOfThisEnvironment);
  if (deleted) say(`Recovering the deleted vault ${String(deleted.name)}, with the secrets that it held.`);
  const wanted = deleted ? 'true' : 'false';
  if ((process.env.RECOVER_VAULT || 'false') === wanted) return;
  const { status, stderr, error } = command('azd', ['env', 'set', 'RECOVER_VAULT', wanted]);
  if (error || status !== 0)
    throw new HookError(`azd env set RECOVER_VAULT ${wanted} failed: ${error?.message ?? stderr.trim()}`);
}

function deletedVaults() {
  /** @type {DeletedVault[]} */
  const found = [];
  const first = `/subscriptions/${output('AZURE_SUBSCRIPTION_ID')}/providers/Microsoft.KeyVault/deletedVaults?api-version=2026-02-01`;
  for (let url = first; url;) {
    /** @type {{ value?: DeletedVault[], nextLink?: string }} */
    const { value = [], nextLink = '' } = az(['rest', '--method', 'get', '--url', url]) ?? {};
    found.push(...value);
    url = nextLink;
  }
  return found;
}

/**
 * A deleted vault as Resource Manager lists it. Anything may be absent.
 * @typedef {object} DeletedVault
 * @property {unknown} [name]
 * @property {{ vaultId?: unknown, location?: unknown, tags?: Record<string, string> }} [properties]
 */

/**
 * By what main.bicep gives it: the environment's tag, its name and its place.
 * @param {DeletedVault} vault
 */
function isOfThisEnvironment({ name, properties }) {
  const [, , , , group = ''] = String(properties?.vaultId).split('/');
  const environment = output('AZURE_ENV_NAME');
  const expected = process.env.AZURE_RESOURCE_GROUP || `rg-${environment}`;
  return (
    properties?.tags?.['azd-env-name'] === environment &&
    String(name).startsWith('kv-') &&
    group.toLowerCase() === expected.toLowerCase() &&
    String(properties?.location).toLowerCase() === output('AZURE_LOCATION').toLowerCase()
  );
}
