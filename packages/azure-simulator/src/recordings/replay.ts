import { createHash, randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Agent } from 'node:https';
import { ROLES } from '../access/roles.js';
import { startControlPlane, type ControlPlane } from '../controlPlane.js';
import { issueAccessToken } from '../entra/accessTokens.js';
import type { CertificateFiles } from '../tls/certificates.js';
import type { Difference } from './compare.js';
import { judge, outcomeOf, type Outcome } from './judge.js';
import { Names } from './names.js';
import { followedAt, inOrderSent, isPoll, secondsTaken, type Exchange, type Recording } from './recording.js';
import { ReplayClock } from './replayClock.js';
import { send, type ReplayedAnswer } from './send.js';
import { setUpOf } from './setUp.js';
import { startWebhook } from './webhook.js';

export interface Judged {
  readonly n: number;
  /** `GET tokens`: method and kind of resource. */
  readonly what: string;
  readonly outcome: Outcome;
  readonly differences: readonly Difference[];
}

export interface Replayed {
  readonly scenario: string;
  readonly judged: readonly Judged[];
}

/** Milliseconds between two exchanges of one second, so that their times differ. */
const STEP = 50;

/**
 * Sends the recorded requests to a new control plane at the recorded times by its clock, and compares the answers. The
 * durations of equal operations vary in the recordings, so each operation takes a time that its recorded polls allow.
 *
 * @param folder for the control plane's data; it is emptied
 */
export async function replayAll(
  recordings: readonly Recording[],
  { folder, tls, now }: { folder: string; tls: CertificateFiles; now: Date },
): Promise<Replayed[]> {
  const clock = new ReplayClock(now.getTime());
  const settings = { pace: 'azure', recoverableDays: 7, throttling: 0 } as const;
  const azure = await startControlPlane({ port: 0, directory: folder, tls, clock, settings, reset: true });
  // The recordings were made by an owner of the subscription, but the operator owns only the group.
  const scope = `/subscriptions/${azure.world.subscriptionId}`;
  const { objectId: principalId } = azure.world.identities.operator;
  azure.plane.arm.roleAssignments.set({ name: randomUUID(), principalId, role: 'Owner', scope });
  const hook = await startWebhook();
  const agent = new Agent({ ca: await readFile(tls.caFile, 'utf8'), keepAlive: true });
  try {
    const replayed: Replayed[] = [];
    for (const [index, recording] of recordings.entries()) {
      const judged = await new Replay(recording, azure, clock, agent, hook.url, `r${index}x`).run();
      replayed.push({ scenario: recording.scenario, judged });
    }
    return replayed;
  } finally {
    agent.destroy();
    hook.close();
    await azure.close();
  }
}

class Replay {
  readonly #names: Names;
  readonly #exchanges: Exchange[];
  /** Addresses of operations here, by their recorded paths. */
  readonly #operations = new Map<string, string>();
  readonly #start: number;
  /** Seconds from the first exchange, for each. */
  readonly #at: number[];

  constructor(
    readonly recording: Recording,
    readonly azure: ControlPlane,
    readonly clock: ReplayClock,
    readonly agent: Agent,
    hook: string,
    readonly mark: string,
  ) {
    const { world } = azure;
    this.#start = clock.now().getTime() + 3_600_000;
    const registry = `rec${recording.scenario}${mark}`.replace(/\W/g, '').slice(0, 48);
    const fixed = {
      sub: world.subscriptionId,
      rg: world.resourceGroup,
      arm: new URL(azure.url).host,
      location: 'eastus',
      webhookQuery: 'key=1',
      identity: 'replayed-identity',
      registry,
    };
    // Sources of events that are not simulated, such as a storage account, have their group's location.
    const [group] = azure.plane.arm.resourceGroups.values();
    const located = recording.scenario.startsWith('eg') && group ? { location: group.location } : {};
    this.#names = new Names({ ...fixed, ...located }, recording.times, this.#start, mark);
    const { role, principal } = assignedIn(recording);
    if (role !== undefined) this.#names.learn(role, ROLES['Reader']?.id ?? '');
    if (principal !== undefined) this.#names.learn(principal, world.identities.device.objectId);
    this.#exchanges = inOrderSent(this.#ofHere(recording.exchanges, hook));
    let at = 0;
    this.#at = this.#exchanges.map(({ afterSeconds }) => (at += afterSeconds ?? 0));
  }

  /** Replaces the services' addresses with those of this control plane. */
  #ofHere(exchanges: readonly Exchange[], hook: string): Exchange[] {
    const { azure } = this;
    const text = JSON.stringify(exchanges)
      .replaceAll('https://{vault}.vault.azure.net', azure.url)
      .replaceAll(/https:\/\/\{login\}\/\{guid\d+\}/g, `${azure.url}/${azure.world.tenantId}`)
      .replaceAll(/https:\/\/(\{topic\d+\})\.\{location\}-1\.eventgrid\.azure\.net/g, `${azure.url}/topics/$1`)
      .replaceAll('{webhook}', hook)
      .replaceAll('https://{arm}', azure.url);
    return JSON.parse(text) as Exchange[];
  }

  async run(): Promise<Judged[]> {
    this.clock.moveTo(this.#start - 600_000);
    const { settings } = this.azure.plane;
    for (const { path, body } of setUpOf(this.recording)) {
      const url = this.azure.url + this.#names.fill(path);
      const made = await this.#send(
        'PUT',
        url,
        { 'x-ms-client-request-id': guidOf(path) },
        this.#names.fillValue(body),
      );
      if (made.status >= 300) throw new Error(`setting up ${this.recording.scenario}: ${made.status} ${made.text}`);
    }
    const judged: Judged[] = [];
    for (const [index, one] of this.#exchanges.entries()) {
      this.clock.moveTo(this.#start + (this.#at[index] ?? 0) * 1000 + index * STEP);
      const seconds = secondsTaken(this.#exchanges, this.#at, index);
      if (seconds === undefined) delete settings.operationMilliseconds;
      else settings.operationMilliseconds = Math.max(1, seconds * 1000);
      judged.push(await this.#exchange(one));
    }
    delete settings.operationMilliseconds;
    return judged;
  }

  async #exchange(one: Exchange): Promise<Judged> {
    this.#names.round = one.n;
    const what = `${one.method} ${resourceOf(one)}`;
    const url = this.#urlOf(one);
    if (url === undefined) return { n: one.n, what, outcome: 'not sent', differences: [] };
    const operation = /\{(guid\d+)\}$/.exec(followedAt(one)?.path ?? '')?.[1];
    const headers =
      one.status === 401
        ? undefined
        : operation === undefined
          ? {}
          : { 'x-ms-client-request-id': this.#names.get(operation) ?? guidOf(`${this.mark} ${operation}`) };
    const body = one.body === undefined ? undefined : this.#names.fillValue(one.body);
    const answer = await this.#send(one.method, url, headers, one.status === 401 ? undefined : body);
    const followed = followedAt(one)?.path;
    const address = answer.headers['azure-asyncoperation'] ?? answer.headers['location'];
    if (followed !== undefined && address !== undefined) this.#operations.set(followed, address);
    const found = this.#ownOf(one, parsed(answer));
    const { nextLink } = (typeof found === 'object' && found !== null ? found : {}) as { nextLink?: unknown };
    if (typeof nextLink === 'string') this.#names.learn('nextLink', nextLink);
    const differences = judge(this.#names, one, answer, found);
    return { n: one.n, what, outcome: outcomeOf(differences), differences };
  }

  /** Undefined if an earlier answer did not provide the address: no operation, or no next page. */
  #urlOf(one: Exchange): string | undefined {
    if (isPoll(one)) return this.#operations.get(one.path);
    if (one.query?.['$skiptoken'] !== undefined || one.path === '{nextLink}') return this.#names.get('nextLink');
    const query = new URLSearchParams(one.apiVersion ? { 'api-version': one.apiVersion } : {});
    for (const [name, value] of Object.entries(one.query ?? {})) query.set(name, this.#names.fill(value));
    return `${this.azure.url}${encodeURI(this.#names.fill(one.path))}?${query.toString()}`;
  }

  /** All recordings share the vault and the group, so their lists are reduced to this recording's items. */
  #ownOf(one: Exchange, found: unknown): unknown {
    const isShared = /^\/(deleted)?secrets$/.test(one.path) || one.path.endsWith('Microsoft.EventGrid/topics');
    if (!isShared || typeof found !== 'object' || found === null || !('value' in found)) return found;
    const value = (found.value as { id: string }[]).filter(({ id }) => id.includes(`-${this.mark}`));
    return one.query?.['maxresults'] === '1' ? found : { ...found, value };
  }

  /** @param headers undefined for a caller without a token */
  async #send(
    method: string,
    url: string,
    headers: Readonly<Record<string, string>> | undefined,
    body: unknown,
  ): Promise<ReplayedAnswer> {
    const text = body === undefined ? undefined : JSON.stringify(body);
    if (headers === undefined) return send(this.agent, method, url, {}, text);
    const isVault = /^\/(deleted)?secrets(\/|$)/.test(new URL(url).pathname);
    const resource = isVault ? 'https://vault.azure.net' : 'https://management.azure.com';
    const operator = this.azure.plane.identities.find(({ name }) => name === 'operator');
    if (!operator) throw new Error('the control plane has no operator');
    const authorization = `Bearer ${await issueAccessToken(this.azure.plane, operator, resource)}`;
    return send(this.agent, method, url, { authorization, ...headers }, text);
  }
}

function parsed({ text }: ReplayedAnswer): unknown {
  try {
    return text === '' ? '' : JSON.parse(text);
  } catch {
    return text;
  }
}

/** The last kind of resource in a path, for display. */
function resourceOf({ path }: Exchange): string {
  const parts = (path.split('/providers/').at(-1) ?? path).split('/').filter((part) => part !== '');
  const kinds = parts.filter((part) => !part.includes('{') && !part.includes('.'));
  return kinds.at(-1) ?? path;
}

/** The placeholders of the role and the principal in the first role assignment, which are replaced by existing ones. */
function assignedIn({ exchanges }: Recording): { role: string | undefined; principal: string | undefined } {
  const made = exchanges.find(({ method, path }) => method === 'PUT' && path.includes('/roleAssignments/'));
  const { properties } = (made?.body ?? {}) as { properties?: { roleDefinitionId?: string; principalId?: string } };
  const nameIn = (text: string | undefined): string | undefined => /\{(guid\d+)\}$/.exec(text ?? '')?.[1];
  return { role: nameIn(properties?.roleDefinitionId), principal: nameIn(properties?.principalId) };
}

function guidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-');
}
