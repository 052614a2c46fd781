import type { UnmanagedToken } from '@connected-registry/protocol/answers/unmanagedAnswers';
import type { Rollout, RolloutClient } from '@connected-registry/protocol/answers/rolloutAnswers';
import { clientKey, referenceOf, type ClientReference } from '@connected-registry/protocol/names/clientKey';
import { toOnboarding, type Onboarding } from '@connected-registry/protocol/requests/onboardingRequest';
import { toReference } from '@connected-registry/protocol/requests/clientsRequest';
import { onboardingRow, parseRow, rolloutBody } from '@connected-registry/protocol/requests/rolloutRequest';
import { PROBLEM, ROLLOUT } from './answers.js';
import type { FakeAnswer, FakeApp, SeenRequest } from './fakeWorld.js';
import { onboarded, reasonsOf, viewOf, workingIn, writesBetween, type FakeClient } from './fleetClients.js';

export { fakeClient, fakeToken, type FakeClient } from './fleetClients.js';

const ACTIONS_IN_A_LIST = 20;

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
  /** What the answer to each start warns of. */
  warnings: NonNullable<Rollout['warnings']> = [];
  /** Bodies of rollouts that were no dry runs. */
  readonly started: unknown[] = [];
  /** Clients whose operation fails. */
  readonly failing = new Set<string>();
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
      return { json: part === 'clients' ? this.#rowsOf(rollout, searchParams) : this.#seen(rollout) };
    return { status: 404 };
  };

  #rowsOf({ rows }: FakeRollout, query: URLSearchParams): object {
    const state = query.get('state');
    return this.#paged(
      rows.filter((row) => state === null || row.state === state),
      query,
      'clients',
    );
  }

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
    if (!client) return { status: 404, json: { ...PROBLEM, status: 404, code: 'client-not-found' } };
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
      if (this.failing.has(reference.client)) return { ...row, state: 'failed', code: 'pull-check-deadline' };
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
        endedAt: '2026-11-30T11:12:00.000Z',
      },
      rows,
      looks: dryRun ? 0 : this.looks,
    });
    const opened = this.#rollouts.at(-1);
    if (!opened) throw new Error('There is one.');
    return { ...opened.view, status: 'opening', ...(this.warnings.length === 0 ? {} : { warnings: this.warnings }) };
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
    const isAnothers = [...this.clients].some(
      ([other, client]) => other !== key && `${client.registry}/${client.token}`.toLowerCase() === name,
    );
    const isForeign = this.foreignMaps.has(request.scopeMap);
    return {
      writes: before
        ? writesBetween(before, after, request)
        : [found ? `generate ${found.freeSlot} ${found.token}` : 'create token'],
      problems: [
        ...(isForeign ? ['scope-map'] : []),
        ...(isAnothers ? ['token-of-another-client'] : []),
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
              ...workingIn(found),
            },
    };
  }
}
