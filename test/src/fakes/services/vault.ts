import { dockerConfigEndpoints } from '@connected-registry/protocol/names/dockerConfig';
import type { Tags } from '@connected-registry/protocol/names/secretTags';
import type {
  SecretAttributes,
  SecretFacts,
  SecretListing,
  SecretPage,
  SecretVault,
  SecretVersion,
  SecretVersionFacts,
} from '../../../../src/ports/secretVault.js';
import { notFound, refused } from '../durable/wire.js';

interface StoredVersion {
  readonly version: string;
  readonly value: string;
  readonly expiresOn: string;
  tags: Tags;
  isEnabled: boolean;
}

interface StoredSecret {
  readonly versions: StoredVersion[];
  isDeleted: boolean;
}

/** A vault in memory: versions, soft deletion, and Key Vault's limits on tags. */
export class FakeVault implements SecretVault {
  readonly secrets = new Map<string, StoredSecret>();
  private made = 0;

  async current(name: string): Promise<SecretFacts | undefined> {
    const secret = this.secrets.get(name);
    const newest = secret?.versions.at(-1);
    if (!secret || secret.isDeleted || !newest?.isEnabled) return undefined;
    return toFacts(name, newest);
  }

  /** Secrets on a page of the listing, as Key Vault has it. */
  pageSize = 25;

  async newest(name: string): Promise<SecretListing | undefined> {
    const newest = this.has(name) ? this.versionsOf(name).at(-1) : undefined;
    return newest && { name, version: newest.version, tags: newest.tags, isEnabled: newest.isEnabled };
  }

  async page(continuation?: string): Promise<SecretPage> {
    const names = [...this.secrets.keys()].filter((name) => this.has(name)).sort();
    const start = continuation === undefined ? 0 : Number(continuation.slice(1));
    const page = names.slice(start, start + this.pageSize);
    const secrets = await Promise.all(page.map((name) => this.newest(name)));
    const next = start + this.pageSize;
    return {
      secrets: secrets.filter((secret) => secret !== undefined),
      ...(next < names.length ? { continuation: `?${next}` } : {}),
    };
  }

  async versions(name: string): Promise<SecretVersionFacts[]> {
    if (!this.has(name)) return [];
    return this.versionsOf(name).map(({ version, tags, isEnabled }) => ({ name, version, tags, isEnabled }));
  }

  async tagsOfDeleted(name: string): Promise<Tags | undefined> {
    const secret = this.secrets.get(name);
    return secret?.isDeleted ? secret.versions.at(-1)?.tags : undefined;
  }

  async store(name: string, value: string, { expiresOn, tags }: SecretAttributes): Promise<SecretFacts> {
    checkTags(name, tags);
    const secret = this.secrets.get(name) ?? { versions: [], isDeleted: false };
    const isRecovered = secret.isDeleted;
    secret.isDeleted = false;
    this.secrets.set(name, secret);
    this.made += 1;
    const version = { version: `v${this.made}`, value, expiresOn, tags, isEnabled: true };
    secret.versions.push(version);
    return { ...toFacts(name, version), ...(isRecovered ? { isRecovered } : {}) };
  }

  async copy(from: SecretVersion, to: string, attributes: SecretAttributes): Promise<SecretFacts> {
    return this.store(to, this.valueOf(from), attributes);
  }

  async updateTags({ name, version }: SecretVersion, tags: Tags): Promise<void> {
    checkTags(name, tags);
    const found = this.find({ name, version });
    if (!found) throw notFound(name);
    found.tags = tags;
  }

  async disable(version: SecretVersion): Promise<void> {
    const found = this.find(version);
    if (found) found.isEnabled = false;
  }

  async remove(name: string): Promise<void> {
    const secret = this.secrets.get(name);
    if (secret) secret.isDeleted = true;
  }

  /** What somebody who reads this version gets. */
  valueOf(version: SecretVersion): string {
    const found = this.find(version);
    if (!found) throw notFound(version.name);
    if (!found.isEnabled) throw refused(version.name);
    return found.value;
  }

  /** The password in the newest version, as a consumer would use it. */
  passwordIn(name: string): string | undefined {
    const secret = this.secrets.get(name);
    const newest = secret?.isDeleted === false ? secret.versions.at(-1) : undefined;
    if (!newest?.isEnabled) return undefined;
    const auth = /"auth":"([^"]+)"/.exec(newest.value)?.[1] ?? '';
    return Buffer.from(auth, 'base64').toString().split(':').slice(1).join(':');
  }

  /** Soft-deleted counts as gone. */
  has(name: string): boolean {
    return this.secrets.get(name)?.isDeleted === false;
  }

  versionsOf(name: string): readonly StoredVersion[] {
    return this.secrets.get(name)?.versions ?? [];
  }

  private find({ name, version }: SecretVersion): StoredVersion | undefined {
    const secret = this.secrets.get(name);
    return secret?.isDeleted ? undefined : secret?.versions.find((item) => item.version === version);
  }
}

function toFacts(name: string, { version, tags, expiresOn, value }: StoredVersion): SecretFacts {
  return { name, version, tags, expiresOn, endpoints: dockerConfigEndpoints(value) };
}

/** Source: Azure docs, key-vault/general/about-keys-secrets-certificates. */
function checkTags(name: string, tags: Tags): void {
  if (Object.keys(tags).length > 15) throw refused(name);
  if (Object.values(tags).some((value) => value.length > 256)) throw refused(name);
}
