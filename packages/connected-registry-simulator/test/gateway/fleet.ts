import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import type { ConnectedRegistry } from '@azure/arm-containerregistry';
import { startEdge, type Edge } from '../../src/edge.js';
import { everySeconds, type SyncSchedule } from '../../src/sync/schedule.js';
import { upstreamSource } from '../../src/sync/source.js';
import type { ControlPlaneOptions } from '@connected-registry/azure-simulator/controlPlane';
import { Cloud } from '../../../../test/shared/cloud.js';
import { ManualClock } from '../../../../test/shared/manualClock.js';
import { requestToken } from '../registryCalls.js';
import { openGate, type Gate } from './gate.js';

export const SEEDED = 'myconnectedregistry';
export const PULL = 'repositories/hello-world/content/read';

/** A connected registry of the fleet, over real sockets. */
export interface Member {
  name: string;
  url: string;
  host: string;
  edge: Edge;
  log: string[];
  /** Calls its test controls. */
  control(method: string, path: string, body?: unknown): Promise<Response>;
  stop(): Promise<void>;
}

/** The Azure simulator and connected registries that sync from it, on one manual clock. */
export class Fleet {
  readonly clock = new ManualClock(new Date('2030-01-01T00:00:30Z'));
  readonly members = new Set<Member>();
  readonly #folders: string[] = [];

  private constructor(
    readonly cloud: Cloud,
    readonly gate: Gate,
    clock: ManualClock,
  ) {
    this.clock = clock;
  }

  static async start(settings: ControlPlaneOptions['settings'] = {}): Promise<Fleet> {
    const clock = new ManualClock(new Date('2030-01-01T00:00:30Z'));
    // Without throttling, because its buckets do not fill while the clock stands still.
    const cloud = await Cloud.start({ clock, settings: { throttling: 0, operationMilliseconds: 0, ...settings } });
    return new Fleet(cloud, await openGate(cloud), clock);
  }

  async end(): Promise<void> {
    for (const member of this.members) await member.stop();
    await this.gate.close();
    await this.cloud.end();
    for (const folder of this.#folders) await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }

  /** Starts a connected registry with new sync credentials. By default it syncs every minute. */
  async join(
    name = SEEDED,
    options: { parent?: Member; schedule?: SyncSchedule; folder?: string; password?: string } = {},
  ): Promise<Member> {
    const folder = options.folder ?? (await this.folder());
    const syncToken = { name, password: options.password ?? (await this.password(name)) };
    const log: string[] = [];
    const edge = await startEdge({
      port: 0,
      directory: folder,
      registry: this.cloud.registry,
      source: upstreamSource({
        url: options.parent?.url ?? this.gate.url,
        registry: this.cloud.registry,
        connectedRegistry: name,
        syncToken,
      }),
      schedule: options.schedule ?? everySeconds(60),
      clock: {
        now: () => this.clock.now(),
        setTimer: (at, run) => {
          const timer = this.clock.setTimer(at, run);
          return () => timer.cancel();
        },
      },
      log: (message, facts) => log.push(JSON.stringify({ message, ...facts })),
    });
    const url = `http://localhost:${edge.port}`;
    const member: Member = {
      name,
      url,
      host: `localhost:${edge.port}`,
      edge,
      log,
      control: (method, path, body) =>
        fetch(`${url}/_control/${path}`, { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) }),
      stop: async () => {
        this.members.delete(member);
        await edge.close();
      },
    };
    this.members.add(member);
    await this.untilSynced();
    return member;
  }

  async folder(): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'fleet-'));
    this.#folders.push(folder);
    return folder;
  }

  /** Advances the clock, runs every timer that is due once, and waits until all syncs have ended. */
  async advance(seconds: number): Promise<void> {
    this.clock.advance(seconds);
    await this.untilSynced();
  }

  /** Resolves when no sync is in progress. */
  async untilSynced(): Promise<void> {
    const idle = () => [...this.members].every(({ edge }) => edge.nextSync() !== undefined);
    for (let round = 0; round < 200_000 && !idle(); round += 1) await turn();
    if (!idle()) throw new Error('A sync did not end.');
  }

  async password(token: string, slot: 'password1' | 'password2' = 'password1'): Promise<string> {
    const { cloud } = this;
    const tokenId = `${cloud.registryId}/tokens/${token}`;
    const made = await cloud.arm().registries.generateCredentials(cloud.group, cloud.registry, { tokenId, name: slot });
    return made.passwords?.find(({ name }) => name === slot)?.value ?? '';
  }

  /** Creates a scope map and a token of that name. @returns the token's id */
  async token(name: string, actions: string[]): Promise<string> {
    const { cloud } = this;
    const { id = '' } = await cloud.arm().scopeMaps.create(cloud.group, cloud.registry, name, { actions });
    const made = await cloud
      .arm()
      .tokens.create(cloud.group, cloud.registry, name, { scopeMapId: id, status: 'enabled' });
    return made.id ?? '';
  }

  /** Creates a client token and binds it to connected registries. @returns its password */
  async client(name: string, boundTo: string[] = [SEEDED], actions: string[] = [PULL]): Promise<string> {
    const id = await this.token(name, actions);
    const password = await this.password(name);
    for (const one of boundTo) await this.bind(one, id);
    return password;
  }

  async bind(connectedRegistry: string, ...ids: string[]): Promise<void> {
    const { clientTokenIds = [] } = await this.resource(connectedRegistry);
    await this.cloud.arm().connectedRegistries.update(this.cloud.group, this.cloud.registry, connectedRegistry, {
      clientTokenIds: [...clientTokenIds, ...ids],
    });
  }

  resource(name = SEEDED): Promise<ConnectedRegistry> {
    return this.cloud.arm().connectedRegistries.get(this.cloud.group, this.cloud.registry, name);
  }

  async setActions(scopeMap: string, change: (actions: string[]) => string[]): Promise<void> {
    const { cloud } = this;
    const { actions = [] } = await cloud.arm().scopeMaps.get(cloud.group, cloud.registry, scopeMap);
    await cloud.arm().scopeMaps.update(cloud.group, cloud.registry, scopeMap, { actions: change(actions) });
  }

  /**
   * Creates a connected registry, and adds its rights to its ancestors, like `az acr connected-registry create
   * --parent`.
   */
  async connect(
    name: string,
    {
      repositories = ['hello-world'],
      mode = 'ReadOnly',
      above = [],
      messageTtl = 'P2D',
      ...sync
    }: {
      repositories?: string[];
      mode?: 'ReadOnly' | 'ReadWrite';
      /** Its ancestors, parent first. */
      above?: string[];
      messageTtl?: string;
      schedule?: string;
      syncWindow?: string;
    } = {},
  ): Promise<void> {
    const { cloud } = this;
    const rights = ['content/read', 'metadata/read'];
    if (mode === 'ReadWrite') rights.push('content/write', 'content/delete', 'metadata/write');
    const gateway = ['config/read', 'config/write', 'message/read', 'message/write'];
    const gatewayActions = gateway.map((action) => `gateway/${name}/${action}`);
    const actions = repositories.flatMap((repository) => rights.map((right) => `repositories/${repository}/${right}`));
    const tokenId = await this.token(name, [...actions, ...gatewayActions]);
    const [parent] = above;
    await cloud.arm().connectedRegistries.create(cloud.group, cloud.registry, name, {
      mode,
      parent: {
        ...(parent === undefined ? {} : { id: `${cloud.registryId}/connectedRegistries/${parent}` }),
        syncProperties: { tokenId, messageTtl, ...sync },
      },
    });
    for (const ancestor of above) await this.setActions(ancestor, (before) => [...before, ...gatewayActions]);
  }

  repository(name: string, ...tags: string[]): Promise<unknown> {
    return this.cloud.call('PUT', '/_control/repositories', { registry: this.cloud.registry, name, tags });
  }

  /** Pulls `repository:latest`. @returns `pulled`, or the first status that is not 200 */
  async pull(member: Member, user: string, password: string, repository = 'hello-world'): Promise<'pulled' | number> {
    const granted = await requestToken(member, user, password, `repository:${repository}:pull`);
    if (granted.status !== 200) return granted.status;
    const { access_token: token } = (await granted.json()) as { access_token: string };
    const headers = { authorization: `Bearer ${token}`, accept: '*/*' };
    const manifest = await fetch(`${member.url}/v2/${repository}/manifests/latest`, { headers });
    await manifest.body?.cancel();
    return manifest.status === 200 ? 'pulled' : manifest.status;
  }
}
