import type { TokenCredential } from '@azure/identity';
import type { KeyVaultSecret, SecretProperties } from '@azure/keyvault-secrets';
import { dockerConfigEndpoints } from '@connected-registry/protocol/names/dockerConfig';
import type {
  SecretAttributes,
  SecretFacts,
  SecretListing,
  SecretVault,
  SecretVersionFacts,
} from '../ports/secretVault.js';
import { orUndefined, ServiceError } from '../serviceErrors/serviceError.js';
import { resourceName } from '../serviceErrors/serviceFacts.js';
import { rememberCredential } from '@connected-registry/protocol/redaction/rememberCredential';
import { seenSecrets } from '@connected-registry/protocol/redaction/seenSecrets';
import type { Turns } from './budget/turns.js';
import { mentions } from './calls/serviceErrors.js';
import { createVaultClient, type VaultAddress } from './vaultClient.js';

/** Content type of stored values, for people and tools that list secrets. Source: Kubernetes docs, Secret types. */
const CONTENT_TYPE = 'application/vnd.docker.config+json';

/** Milliseconds between polls of a recovery. */
const RECOVERY_POLL = { intervalInMs: 500 };

/** Maximum secrets on a page. Source: azure-rest-api-specs, keyvault: maxresults. */
const LARGEST_PAGE = 25;

/** Creates the vault on Azure Key Vault. @param turns gives each request its token */
export function createKeyVault(config: VaultAddress, credential: TokenCredential, turns: Turns): SecretVault {
  const { call, links } = createVaultClient(config, credential, turns);

  async function set(name: string, value: string, attributes: SecretAttributes): Promise<SecretFacts> {
    rememberCredential(value);
    const write = () =>
      call('save secret', name, (sdk) =>
        sdk.setSecret(name, value, {
          contentType: CONTENT_TYPE,
          expiresOn: new Date(attributes.expiresOn),
          tags: { ...attributes.tags },
        }),
      );
    try {
      return toFacts(await write());
    } catch (error) {
      // The name of a soft-deleted secret is reserved: the secret must be recovered first.
      if (!(error instanceof ServiceError) || error.kind !== 'conflict' || !mentions(error, 'Deleted')) throw error;
      await call('recover secret', name, async (sdk) =>
        (await sdk.beginRecoverDeletedSecret(name, RECOVERY_POLL)).pollUntilDone(),
      );
      return { ...toFacts(await write()), isRecovered: true };
    }
  }

  return {
    current: async (name) => {
      try {
        const secret = await call('read secret', name, (sdk) => sdk.getSecret(name));
        valueOf(name, secret);
        return toFacts(secret);
      } catch (error) {
        if (error instanceof ServiceError && error.kind === 'notFound') return undefined;
        if (error instanceof ServiceError && error.kind === 'forbidden' && mentions(error, 'SecretDisabled'))
          return undefined;
        throw error;
      }
    },

    newest: async (name) => {
      try {
        const { properties } = await call('read secret', name, (sdk) => sdk.getSecret(name));
        return toListing(properties);
      } catch (error) {
        if (error instanceof ServiceError && error.kind === 'notFound') return undefined;
        if (!(error instanceof ServiceError) || error.kind !== 'forbidden' || !mentions(error, 'SecretDisabled'))
          throw error;
      }
      // Only a listing shows a disabled version, and it is not sorted by age.
      const versions = await call('list versions of secret', name, async (sdk) => {
        const found: SecretProperties[] = [];
        for await (const item of sdk.listPropertiesOfSecretVersions(name)) found.push(item);
        return found;
      });
      const [newest] = versions.toSorted((left, right) => madeAt(right) - madeAt(left));
      return newest && toListing(newest);
    },

    page: (continuation) =>
      call('list secrets of', new URL(config.url).hostname, async (sdk) => {
        const pages = sdk.listPropertiesOfSecrets().byPage({
          maxPageSize: LARGEST_PAGE,
          ...(continuation === undefined ? {} : { continuationToken: pageLink(config.url, continuation) }),
        });
        const { value: page, next } = await links.during(async () => pages.next());
        const found: readonly SecretProperties[] = page.done === true ? [] : page.value;
        return { secrets: found.map(toListing), ...(next === undefined ? {} : { continuation: next }) };
      }),

    versions: async (name) => {
      const found: SecretVersionFacts[] = [];
      await unlessGone(
        call('list versions of secret', name, async (sdk) => {
          for await (const { version, tags, enabled } of sdk.listPropertiesOfSecretVersions(name))
            found.push({ name, version: version ?? '', tags: tags ?? {}, isEnabled: enabled !== false });
        }),
      );
      return found;
    },

    tagsOfDeleted: async (name) => {
      const found = await orUndefined(call('read deleted secret', name, (sdk) => sdk.getDeletedSecret(name)));
      return found && (found.properties.tags ?? {});
    },

    store: set,

    copy: async (from, to, attributes) => {
      const source = await call('read secret', from.name, (sdk) => sdk.getSecret(from.name, { version: from.version }));
      return set(to, valueOf(from.name, source), attributes);
    },

    updateTags: async ({ name, version }, tags) => {
      await call('update tags of secret', name, (sdk) =>
        sdk.updateSecretProperties(name, version, { tags: { ...tags } }),
      );
    },

    disable: ({ name, version }) =>
      unlessGone(call('disable secret', name, (sdk) => sdk.updateSecretProperties(name, version, { enabled: false }))),

    remove: (name) => unlessGone(call('delete secret', name, (sdk) => sdk.beginDeleteSecret(name))),
  };
}

/** The address of a page: always on the app's vault, whatever the query contains. */
function pageLink(vault: string, query: string): string {
  const link = new URL('/secrets', vault);
  link.search = query;
  return link.href;
}

function madeAt({ createdOn }: SecretProperties): number {
  return createdOn?.getTime() ?? 0;
}

function toListing({ name, version, tags, enabled }: SecretProperties): SecretListing {
  return { name, tags: tags ?? {}, isEnabled: enabled !== false, ...(version === undefined ? {} : { version }) };
}

async function unlessGone(call: Promise<unknown>): Promise<void> {
  try {
    await call;
  } catch (error) {
    if (!(error instanceof ServiceError) || error.kind !== 'notFound') throw error;
  }
}

/** @throws ServiceError for an answer without a value: an empty value would be taken for the client's credential. */
function valueOf(name: string, { value }: KeyVaultSecret): string {
  if (value !== undefined) return value;
  throw new ServiceError({
    kind: 'unavailable',
    operation: 'read secret',
    resource: resourceName(name),
    detail: 'unreadable-answer',
  });
}

/** Maps a secret without its value. */
function toFacts(secret: KeyVaultSecret): SecretFacts {
  rememberCredential(secret.value ?? '');
  const { name, version, tags, expiresOn } = secret.properties;
  if (seenSecrets.holds(`${name} ${version ?? ''}`))
    throw new ServiceError({
      kind: 'unavailable',
      operation: 'read secret',
      resource: resourceName(seenSecrets.redact(name)),
      detail: 'secret-in-answer',
    });
  return {
    name,
    version: version ?? '',
    tags: tags ?? {},
    endpoints: dockerConfigEndpoints(secret.value ?? ''),
    ...(expiresOn ? { expiresOn: expiresOn.toISOString() } : {}),
  };
}
