import type { Operation } from '@connected-registry/protocol/answers/answers';
import { CLIENT_STATES, type ClientView } from '@connected-registry/protocol/answers/clientAnswers';
import type { FleetConnectedRegistry, InventoryRow, Overview } from '@connected-registry/protocol/answers/fleetAnswers';
import type { ProblemDetails } from '@connected-registry/protocol/answers/problemDetails';
import type { Rollout, RolloutClient } from '@connected-registry/protocol/answers/rolloutAnswers';
import { clientKey } from '@connected-registry/protocol/names/clientKey';

/** The time of the made-up fleet, and of the browsers that look at it. */
export const NOW = Date.parse('2026-03-02T09:00:00Z');

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const REGISTRY = 'plantregistry';
const LIFETIME = 90 * DAY;

const SITES = ['berlin', 'berlinline1', 'berlinline2', 'lyon', 'lyonline1', 'gdansk', 'porto', 'turin'] as const;
const PARENTS: Readonly<Record<string, string>> = { berlinline1: 'berlin', berlinline2: 'berlin', lyonline1: 'lyon' };

/** An instant of the API. @param offset milliseconds from {@link NOW} */
export const at = (offset: number): string => new Date(NOW + offset).toISOString();

/** A number from 0 up to 1 that looks random, and is always the same for `n`. */
function dice(n: number): number {
  const mixed = Math.imul(n ^ 0x9e3779b9, 0x85ebca6b);
  return ((mixed ^ (mixed >>> 13)) >>> 0) / 2 ** 32;
}

function stateOf(n: number): InventoryRow['state'] {
  // One of each bad state for every 40 clients; the rest is well.
  const bad = CLIENT_STATES[n % 40];
  return bad === undefined || bad === 'ok' ? 'ok' : bad;
}

/** Clients of the fleet: some in each state, most of them well. */
export function rowsOf(count: number): InventoryRow[] {
  return Array.from({ length: count }, (_, n) => {
    const connectedRegistry = SITES[n % SITES.length] ?? SITES[0];
    const client = `press-${String(n + 1).padStart(3, '0')}`;
    const reference = { registry: REGISTRY, connectedRegistry, client };
    const state = stateOf(n);
    const issued = state === 'expired' ? -LIFETIME - DAY : state === 'expiring' ? -80 * DAY : -(5 + dice(n) * 50) * DAY;
    return {
      key: clientKey(reference),
      ...reference,
      state,
      differences: state === 'drifted' ? ['scope-map-rights'] : state === 'unbound' ? ['binding-missing'] : [],
      slot: n % 2 === 0 ? 'password1' : 'password2',
      issuedAt: at(issued),
      verifiedAt: at(issued + MINUTE),
      expiresOn: at(issued + LIFETIME),
      rotationDueAt: at(issued + 0.8 * LIFETIME),
      ...(n % 9 === 0 ? { revokes: { slot: n % 2 === 0 ? 'password2' : 'password1', from: at(DAY) } } : {}),
      ...(n % 5 === 0 ? { lastRun: lastRunOf(n, clientKey(reference)) } : {}),
    };
  });
}

function lastRunOf(n: number, key: string): NonNullable<InventoryRow['lastRun']> {
  const shared = { operation: `${key}.0mrun0000000${n % 10}`, startedAt: at(-(n + 1) * MINUTE) };
  if (n % 40 === 5) return { ...shared, kind: 'rotate', status: 'running' };
  if (n % 40 === 10)
    return { ...shared, kind: 'onboard', status: 'rolledBack', code: 'pull-check-deadline', endedAt: at(-n * MINUTE) };
  return { ...shared, kind: 'rotate', status: 'completed', endedAt: at(-n * MINUTE) };
}

/** Connected registries, some below others. */
export function sites(rows: readonly InventoryRow[]): FleetConnectedRegistry[] {
  return SITES.map((name, n) => {
    const parent = PARENTS[name];
    return {
      registry: REGISTRY,
      name,
      ...(parent === undefined ? {} : { parent }),
      path: parent === undefined ? [name] : [parent, name],
      mode: 'ReadOnly',
      connectionState: n === 5 ? 'Offline' : n === 6 ? 'Syncing' : 'Online',
      activation: 'Active',
      loginServer: `${name}.plants.example:443`,
      ...(n % 2 === 0 ? {} : { schedule: '0 */4 * * *', syncWindow: 'PT30M' }),
      lastSync: at(n === 5 ? -2 * DAY : -(n + 2) * MINUTE),
      nextSync: at((n + 1) * HOUR),
      clients: rows.filter(({ connectedRegistry }) => connectedRegistry === name).length,
      cap: 50,
      repositories: ['hello-world', 'samples/line'],
      repositoryCount: 2,
    };
  });
}

/** A rollout under way. */
export function openRollout(more: Partial<Rollout> = {}): Rollout {
  return {
    id: 'r0mrollout00001',
    name: 'Line firmware 7',
    kind: 'onboard',
    status: 'running',
    dryRun: false,
    requestedBy: 'operator@plants.example',
    requestedAt: at(-HOUR),
    startedAt: at(-HOUR + MINUTE),
    rows: 200,
    counts: { waiting: 58, running: 12, completed: 124, failed: 4, cancelled: 2, planned: 0 },
    failures: { 'pull-check-deadline': 3, 'pull-manifest-unknown': 1 },
    wave: { current: 2, of: 3, rows: 80 },
    ratePerMinute: 2.4,
    secondsLeft: 1740,
    writes: { needed: 800, done: 520 },
    floor: { seconds: 3100, ratio: 1.14 },
    ...more,
  };
}

export function rolloutRows(rows: readonly InventoryRow[]): RolloutClient[] {
  return rows.slice(0, 50).map(({ registry, connectedRegistry, client, key }, n) => ({
    row: n + 1,
    registry,
    connectedRegistry,
    client,
    state: n === 3 ? 'failed' : n === 4 ? 'running' : n > 45 ? 'waiting' : 'completed',
    ...(n === 3 ? { code: 'pull-check-deadline' } : {}),
    ...(n > 45 ? {} : { operation: `${key}.0mrun0000000${n % 10}`, startedAt: at(-40 * MINUTE) }),
  }));
}

/**
 * The fleet in numbers: those of its rows, counted as the app counts (`test/src/domain/fleet/clientCounts.test.ts`).
 */
export function overviewOf(rows: readonly InventoryRow[]): Overview {
  const states = CLIENT_STATES.map((state) => [state, rows.filter((row) => row.state === state).length] as const);
  const inUse = rows.filter(({ state }) => state !== 'revoked');
  const within = (days: number) =>
    inUse.filter(({ expiresOn }) => expiresOn > at(0) && expiresOn <= at(days * DAY)).length;
  return {
    asOf: at(-20_000),
    ageSeconds: 20,
    inventory: `fleet-of-${rows.length}`,
    inventoryPages: [],
    problems: [],
    clients: {
      total: rows.length,
      byState: Object.fromEntries(states) as Overview['clients']['byState'],
      expiring: { within7Days: within(7), within14Days: within(14), within30Days: within(30) },
      rotationDue: inUse.filter(({ rotationDueAt }) => rotationDueAt <= at(0)).length,
    },
    runs: {
      asOf: at(-3000),
      ageSeconds: 3,
      inProgress: { onboard: 12, offboard: 0, rotate: 3, revoke: 0, check: 1 },
      failures: { since: at(-DAY), total: 6, byCode: { 'pull-check-deadline': 5, cancelled: 1 } },
    },
    rollouts: [openRollout()],
    connectedRegistries: sites(rows),
    freezes: [{ from: at(4 * DAY + 9 * HOUR), until: at(7 * DAY) }],
  };
}

/** A client with everything that its view shows. */
export function clientOf(row: InventoryRow): ClientView {
  const { key, registry, connectedRegistry, client, state, slot, issuedAt, expiresOn } = row;
  const actions = ['repositories/hello-world/content/read', 'repositories/samples/line/content/read'];
  return {
    key,
    registry,
    connectedRegistry,
    client,
    state,
    differences: row.differences.map((code) => ({ code, expected: 'what was set', found: 'something else' })),
    token: `${client}-token`,
    scopeMap: { name: 'line-scopemap', actions, actionCount: actions.length },
    slot,
    issuedAt,
    expiresOn,
    bound: state !== 'unbound',
    endpoint: `${connectedRegistry}.plants.example:443`,
    vault: 'plantvault.vault.azure.net',
    secret: { name: key, isEnabled: state !== 'revoked' },
    pull: {
      image: 'hello-world:latest',
      digest: `sha256:${'0123456789abcdef'.repeat(4)}`,
      bytes: 12_345,
      milliseconds: 820,
      verifiedAt: row.verifiedAt ?? issuedAt,
    },
    reach: {
      kind: 'joined',
      thumbprint: 'k8Xv2Qm1',
      joinedAt: issuedAt,
      keysSince: issuedAt,
      lastContactAt: at(-HOUR),
    },
  };
}

/** A run of a client, under way. */
export function operationOf(
  { key, registry, connectedRegistry, client }: Pick<InventoryRow, 'key' | 'registry' | 'connectedRegistry' | 'client'>,
  more: Partial<Operation> = {},
): Operation {
  const step = (name: string, minute: number) => ({
    name,
    status: 'completed' as const,
    attempts: 1,
    startedAt: at(-minute * MINUTE),
    endedAt: at(-(minute - 1) * MINUTE),
  });
  return {
    id: `${key}.0mrun00000000`,
    kind: 'rotate',
    runId: '0mrun00000000',
    status: 'running',
    phase: 'pullCheck',
    registry,
    connectedRegistry,
    client,
    startedAt: at(-9 * MINUTE),
    steps: [
      step('preflight', 9),
      step('password', 7),
      {
        name: 'pullCheck',
        status: 'waiting',
        attempts: 2,
        startedAt: at(-5 * MINUTE),
        message: 'the device has not reported yet',
      },
    ],
    ...more,
  };
}

/** A problem as the app answers it. */
export function problem(
  status: number,
  code: ProblemDetails['code'],
  more: Partial<ProblemDetails> = {},
): ProblemDetails {
  return {
    type: `urn:connected-registry:problem:${code}`,
    status,
    code,
    title: 'Refused',
    detail: 'As the test has it.',
    ...more,
  };
}
