import { createHash } from 'node:crypto';
import type { Cloud } from '../../../../test/shared/cloud.js';

interface SyncBody {
  generation: string;
  connectedRegistry: { name: string; mode: string; schedule: string; status: string };
  tokens: {
    name: string;
    enabled: boolean;
    actions: string[];
    passwords: { name: string; salt: string; hash: string; expiry?: string }[];
  }[];
  repositories: { name: string; tags: string[] }[];
}

/** A client of the sync protocol, as a connected registry is. */
export class Edge {
  private constructor(
    readonly cloud: Cloud,
    readonly name: string,
    public password: string,
  ) {}

  static async of(cloud: Cloud, name = 'myconnectedregistry'): Promise<Edge> {
    const tokenId = `${cloud.registryId}/tokens/${name}`;
    const body = { tokenId, name: 'password1' as const };
    const made = await cloud.arm().registries.generateCredentials(cloud.group, cloud.registry, body);
    return new Edge(cloud, name, made.passwords?.[0]?.value ?? '');
  }

  async sync(body: unknown = {}, password = this.password): Promise<{ status: number; body: SyncBody }> {
    const authorization = `Basic ${Buffer.from(`${this.name}:${password}`).toString('base64')}`;
    return this.cloud.call('POST', `/gateway/${this.cloud.registry}/${this.name}/sync`, body, { authorization });
  }

  /** Syncs. @returns whether the edge would accept this client password afterwards */
  async accepts(token: string, password: string): Promise<boolean> {
    const { body } = await this.sync();
    const found = body.tokens.find((one) => one.name === token);
    return (
      found?.enabled === true &&
      found.passwords.some(
        ({ salt, hash }) =>
          createHash('sha256')
            .update(salt + password)
            .digest('base64') === hash,
      )
    );
  }
}
