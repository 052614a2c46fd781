import type { ClientView } from '@connected-registry/protocol/answers/clientAnswers';
import type { UnmanagedToken } from '@connected-registry/protocol/answers/unmanagedAnswers';
import type { Rollout, RolloutClient } from '@connected-registry/protocol/answers/rolloutAnswers';
import { clientKey, referenceOf, type ClientReference } from '@connected-registry/protocol/names/clientKey';
import { sameActions, toActions } from '@connected-registry/protocol/names/permissions';
import type { DeviceIdentity } from '@connected-registry/protocol/requests/deviceIdentity';
import { toOnboarding, type Onboarding } from '@connected-registry/protocol/requests/onboardingRequest';
import { toReference } from '@connected-registry/protocol/requests/clientsRequest';
import { onboardingRow, parseRow, rolloutBody } from '@connected-registry/protocol/requests/rolloutRequest';
import { CLIENT, ROLLOUT } from './answers.js';
import type { FakeAnswer, FakeApp, SeenRequest } from './fakeWorld.js';

export const LOGIN_SERVER = 'edge.example.org:443';
const ACTIONS_IN_A_LIST = 20;
const START = Date.parse('2026-11-01T00:00:00Z');

/** A client as the fake keeps it. */
export interface FakeClient extends ClientReference {
  readonly state: ClientView['state'];
  readonly differences: ClientView['differences'];
  readonly actions: readonly string[];
  readonly scopeMap: string;
  readonly token: string;
  readonly endpoint?: string;
  readonly lifetimeDays: number;
  readonly identity?: DeviceIdentity;
  readonly running?: string;
}

/** An onboarded client without faults. @param fields of its request */
export function fakeClient(reference: ClientReference, fields: object = { repositories: ['hello-world'] }): FakeClient {
  return onboarded(toOnboarding(onboardingRow.parse({ ...reference, ...fields }), reference.registry), undefined);
}

function onboarded(request: Onboarding, before: FakeClient | undefined): FakeClient {
  const identity = request.identity === undefined ? before?.identity : request.identity;
  return {
    ...referenceOf(request),
    state: 'ok',
    differences: [],
    actions: toActions(request.permissions),
    scopeMap: request.scopeMap,
    token: request.token,
    endpoint: request.endpoint === undefined ? LOGIN_SERVER : request.endpoint.toLowerCase(),
    // A credential that is kept keeps its lifetime.
    lifetimeDays:
      before === undefined || before.state === 'expired' ? request.credentialLifetimeDays : before.lifetimeDays,
    ...(identity === undefined ? {} : { identity }),
  };
}

/** A token that somebody made by hand, with one password that works. */
export function fakeToken(
  reference: { readonly registry: string; readonly connectedRegistry: string },
  token: string,
  more: Partial<UnmanagedToken> = {},
): UnmanagedToken {
  return {
    registry: reference.registry,
    connectedRegistry: reference.connectedRegistry,
    token,
    state: 'unmanaged',
    isEnabled: true,
    createdAt: new Date(START).toISOString(),
    passwords: [{ slot: 'password1', createdAt: new Date(START).toISOString(), works: true }],
    freeSlot: 'password2',
    scopeMap: { name: 'by-hand', rights: 'read', actions: ['repositories/hello-world/content/read'] },
    lastUse: 'unknown',
    ...more,
  };
}

interface FakeRollout {
  readonly view: Rollout;
  readonly rows: readonly RolloutClient[];
  /** How often it is yet found to be running. */
  looks: number;
}

/** The app's routes over clients in memory, with the rules of onboarding that a plan relies on. */
export class FleetApp {
  readonly clients = new Map<string, FakeClient>();
  /** Scope maps that others than the app have made: an onboarding that asks for other rights is refused. */
  readonly foreignMaps = new Set<string>();
  /** Tokens that others have made, by registry and name in lower case. */
  readonly byHand = new Map<string, UnmanagedToken>();
  /** Those of them that no connected registry lists. */
  readonly unbound = new Set<string>();
  /** Bodies of rollouts that were no dry runs. */
  readonly started: unknown[] = [];
  /** What others do while a rollout that was no dry run is under way. */
  besides: () => void = () => {};
  /** How often a rollout that is no dry run is found to be running before it has ended. */
  looks = 0;
  readonly #rollouts: FakeRollout[] = [];

  constructor(
    clients: readonly FakeClient[] = [],
    /** Items of a page. */
    readonly page = 3,
  ) {
    for (const client of clients) this.put(client);
  }

  put(client: FakeClient): void {
    this.clients.set(clientKey(client), client);
  }

  /** @param isBound whether its connected registry lists it */
  putToken(token: UnmanagedToken, isBound = true): void {
    const name = `${token.registry}/${token.token}`.toLowerCase();
    this.byHand.set(name, token);
    if (!isBound) this.unbound.add(name);
  }

  readonly answer: FakeApp = (request) => {
    const { pathname, searchParams } = new URL(request.path, 'https://app');
    const [, kind = '', id, part] = pathname.split('/');
    if (request.method === 'POST' && kind === 'rollouts') return { status: 202, json: this.#start(request) };
    if (kind === 'clients' && id === undefined) return { json: this.#list(searchParams) };
    if (kind === 'clients') return this.#one(id ?? '');
    const rollout = this.#rollouts[Number(id)];
    if (kind === 'rollouts' && rollout)
      return { json: part === 'clients' ? this.#paged(rollout.rows, searchParams, 'clients') : this.#seen(rollout) };
    return { status: 404 };
  };

  #seen(rollout: FakeRollout): Rollout {
    if (rollout.looks === 0) return rollout.view;
    rollout.looks -= 1;
    return { ...rollout.view, status: 'running' };
  }

  #list(query: URLSearchParams): object {
    const [registry, connectedRegistry] = [query.get('registry'), query.get('connectedRegistry')];
    const fits = (client: Pick<FakeClient, 'registry' | 'connectedRegistry'>): boolean =>
      (registry === null || client.registry.toLowerCase() === registry.toLowerCase()) &&
      (connectedRegistry === null || client.connectedRegistry.toLowerCase() === connectedRegistry.toLowerCase());
    if (query.get('state') === 'unmanaged') {
      const tokens = [...this.byHand].filter(([name]) => !this.unbound.has(name)).map(([, token]) => token);
      return { clients: [], ...this.#paged(tokens.filter(fits), query, 'unmanaged') };
    }
    const views = [...this.clients.values()].filter(fits).map((client) => viewOf(client, ACTIONS_IN_A_LIST));
    return this.#paged(views, query, 'clients');
  }

  #one(key: string): FakeAnswer {
    const client = this.clients.get(key);
    if (!client) return { status: 404 };
    const { identity } = client;
    return { json: { ...viewOf(client, Number.POSITIVE_INFINITY), ...(identity === undefined ? {} : { identity }) } };
  }

  #paged(items: readonly object[], query: URLSearchParams, name: string): object {
    const from = Number(query.get('continuation') ?? 0);
    const next = from + this.page;
    return { [name]: items.slice(from, next), ...(next < items.length ? { continuation: String(next) } : {}) };
  }

  #start({ body }: SeenRequest): Rollout {
    const request = rolloutBody.parse(JSON.parse(body));
    const { kind, clients = [], dryRun = false } = request;
    const rows = clients.map((given, index): RolloutClient => {
      const parsed = parseRow(kind, given, {});
      if (!parsed.success) throw parsed.error;
      const reference = toReference(parsed.data, '');
      const asked = kind === 'onboard' ? toOnboarding(onboardingRow.parse(given), '') : reference;
      const { writes, problems, end, adopts } = this.#row(kind, asked);
      const row = { row: index + 1, ...referenceOf(reference) };
      if (problems.length > 0)
        return { ...row, state: 'failed', code: 'problems', problems, ...(dryRun ? reasonsOf(problems, asked) : {}) };
      if (dryRun) return { ...row, state: 'planned', writes, ...(adopts ? { adopts } : {}) };
      end();
      return { ...row, state: 'completed' };
    });
    if (!dryRun) {
      this.started.push(request);
      this.besides();
    }
    const count = (state: RolloutClient['state']): number => rows.filter((row) => row.state === state).length;
    const { ratePerMinute: _rate, ...view } = ROLLOUT;
    this.#rollouts.push({
      view: {
        ...view,
        id: String(this.#rollouts.length),
        kind,
        dryRun,
        status: 'completed',
        rows: rows.length,
        counts: {
          waiting: 0,
          running: 0,
          cancelled: 0,
          completed: count('completed'),
          failed: count('failed'),
          planned: count('planned'),
        },
        failures: {},
        wave: { current: 1, of: 1, rows: rows.length, first: rows.length, size: rows.length },
        writes: { needed: rows.length * 2, done: 0 },
        secondsLeft: rows.length,
      },
      rows,
      looks: dryRun ? 0 : this.looks,
    });
    const opened = this.#rollouts.at(-1);
    if (!opened) throw new Error('There is one.');
    return { ...opened.view, status: 'opening' };
  }

  #row(kind: string, request: ClientReference | Onboarding) {
    const key = clientKey(request);
    const before = this.clients.get(key);
    if (!('permissions' in request)) {
      const end = (): void => void this.clients.delete(key);
      const problems = before ? [] : ['client-unknown'];
      return { writes: [`delete token ${before?.token}`], problems, end, adopts: undefined };
    }
    if (kind !== 'onboard') throw new Error(`A plan starts no rollout of kind ${kind}.`);
    const after = onboarded(request, before);
    const name = `${request.registry}/${request.token}`.toLowerCase();
    const found = this.byHand.get(name);
    const end = (): void => {
      this.put(after);
      this.byHand.delete(name);
    };
    const isForeign = this.foreignMaps.has(request.scopeMap);
    return {
      writes: before
        ? writesBetween(before, after, request)
        : [found ? `generate ${found.freeSlot} ${found.token}` : 'create token'],
      problems: [
        ...(isForeign ? ['scope-map'] : []),
        ...(found && request.adopt !== true ? ['token-not-adopted'] : []),
        ...(found && found.freeSlot === undefined ? ['slots-in-use'] : []),
      ],
      end,
      adopts:
        found?.freeSlot === undefined || request.adopt !== true
          ? undefined
          : {
              token: found.token,
              slot: found.freeSlot,
              keepsScopeMap: found.scopeMap.name.toLowerCase() === request.scopeMap.toLowerCase(),
            },
    };
  }
}

function reasonsOf(problems: readonly string[], request: ClientReference | Onboarding): Pick<RolloutClient, 'reasons'> {
  const about = 'scopeMap' in request ? request.scopeMap : request.client;
  return {
    reasons: problems.map((code) => ({
      code,
      message: `${about} is not as it must be.`,
      fix: `az mend ${about}\naz look`,
    })),
  };
}

/** Differences that an onboarding does not touch. */
const UNTOUCHED: readonly string[] = ['access-foreign'];

function writesBetween(before: FakeClient, after: FakeClient, request: Onboarding): string[] {
  const mends = before.differences.some(({ code }) => !UNTOUCHED.includes(code));
  return [
    ...(['orphaned', 'expired', 'unbound'].includes(before.state) || mends ? [`mend ${before.state}`] : []),
    ...(before.scopeMap === after.scopeMap ? [] : [`move token to ${after.scopeMap}`]),
    ...(sameActions(before.actions, after.actions) ? [] : [`rights of ${after.scopeMap}`]),
    ...(before.token === after.token ? [] : [`create token ${after.token}`]),
    ...(before.endpoint === after.endpoint ? [] : [`credential for ${after.endpoint}`]),
    ...(request.identity === undefined || before.identity?.principalId === request.identity.principalId
      ? []
      : [`access of ${request.identity.principalId}`]),
  ];
}

function viewOf(client: FakeClient, maxActions: number): ClientView {
  const { state, differences, actions, scopeMap, token, endpoint, lifetimeDays, running } = client;
  const key = clientKey(client);
  const { endpoint: _endpoint, ...base } = CLIENT;
  return {
    ...base,
    ...referenceOf(client),
    key,
    state,
    differences,
    token,
    scopeMap: { name: scopeMap, actions: actions.slice(0, maxActions), actionCount: actions.length },
    issuedAt: new Date(START).toISOString(),
    expiresOn: new Date(START + lifetimeDays * 86_400_000).toISOString(),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(running === undefined ? {} : { running }),
    secret: { name: key, isEnabled: state !== 'revoked' },
  };
}
