import { z } from 'zod';
import type { RolloutKind } from '@connected-registry/protocol/requests/rolloutRequest';
import type { FaultKind } from '../faults/faultKinds.js';
import type { Lane, LaneClient } from '../faults/lane.js';
import { brokenInvariants } from '../faults/onboardingInvariants.js';
import { loginIn, pulls } from '../faults/rotationInvariants.js';
import { readState } from '../faults/simulatorState.js';
import { inParts } from '../faults/strikes.js';
import { isCertain, unneededPasswords, type CallSite, type Trial, type TrialEnd } from '../faults/trials.js';
import { NO_LIMIT } from './rolloutStack.js';
import { Rollouts, type Row } from './rollouts.js';

/** What a client goes through, in this order: each kind works on what the one before has left. */
const LIFE: readonly RolloutKind[] = ['onboard', 'rotate', 'check', 'offboard'];

/** Faults that pass, so that each row completes whichever call they strike. Refusals end a run (`faults/matrix.ts`). */
const PASSING: readonly FaultKind[] = ['429', '500', 'fails before', 'reply lost'];

const ROWS = 4;
const RECORDED_ROWS = 3;

/** More than the calls by which the app checks a request for a rollout. */
const REPEATS = 10;

/**
 * Whose calls those count as that name no client: reads and writes that rows share, and what the rollout itself sends.
 */
const SHARED = 'shared';

type Calls = ReadonlyMap<RolloutKind, readonly CallSite[]>;

/** Rollouts of each kind over clients that live from their onboarding to their offboarding, whose calls are struck. */
export class StruckRollouts {
  private readonly rollouts: Rollouts;
  private readonly calls = new Map<RolloutKind, CallSite[]>();

  constructor(private readonly lane: Lane) {
    this.rollouts = new Rollouts(lane.it);
  }

  /**
   * Runs a rollout of each kind without a fault, and notes the calls: of the clients those that each of them has, and
   * of the others the first one of its kind, since the others depend on how rows coincide.
   */
  async record(): Promise<Calls> {
    const clients = await this.#clients(RECORDED_ROWS);
    for (const kind of LIFE) {
      const wrong = await this.#stage(kind, clients, []);
      if (wrong.length > 0) throw new Error(`Without any fault: ${JSON.stringify(wrong)}`);
      const { line } = this.lane;
      const [first = [], ...others] = clients.map(({ client }) => line.of(client).filter(isCertain));
      const own = first.filter(({ key, nth }) =>
        others.every((calls) => calls.some((call) => call.key === key && call.nth === nth)),
      );
      const shared = line.of(SHARED).filter(({ nth }) => nth === 1);
      this.calls.set(kind, [
        ...own.map(({ key, nth }) => ({ key, nth, isOwn: true })),
        ...shared.map(({ key, nth }) => ({ key, nth, isOwn: false })),
      ]);
    }
    return this.calls;
  }

  /**
   * Has recorded calls meet one fault each.
   * @param turn with which fault the first call begins
   * @param choose which of a kind's calls are struck
   */
  async strike(turn: number, choose: (sites: readonly CallSite[]) => readonly CallSite[]): Promise<TrialEnd[]> {
    const trials = new Map(
      [...this.calls].map(([kind, sites]) => [
        kind,
        choose(sites).map((site, n): Trial => ({ site, fault: PASSING[(n + turn) % PASSING.length] ?? '500' })),
      ]),
    );
    const own = [...trials.values()].map((some) => some.filter(({ site }) => site.isOwn).length);
    const clients = await this.#clients(Math.ceil(Math.max(...own) / ROWS) * ROWS);
    const ends: TrialEnd[] = [];
    for (const kind of LIFE) ends.push(...(await this.#stage(kind, clients, trials.get(kind) ?? [])));
    return ends;
  }

  /** The faults that a turn can begin with. */
  static get turns(): readonly number[] {
    return [...PASSING.keys()];
  }

  #clients(count: number): Promise<LaneClient[]> {
    return Promise.all(Array.from({ length: count }, () => this.lane.newClient()));
  }

  /**
   * Rollouts of one kind over all clients.
   * @returns how each trial ended; without trials, one end for each client that is wrong
   */
  async #stage(kind: RolloutKind, clients: readonly LaneClient[], trials: readonly Trial[]): Promise<TrialEnd[]> {
    const { it, line } = this.lane;
    const before = await this.#runs(clients);
    const logins = new Map<string, string | undefined>();
    if (kind === 'rotate') for (const { secret } of clients) logins.set(secret, (await loginIn(it, secret))?.password);
    // A new process asks for everything, also for what it keeps for a minute.
    await it.crashHost();
    for (const { client } of [...clients, { client: SHARED }]) line.forget(client);
    line.alone = SHARED;
    const struckClients = [...clients];
    const armed = trials.map((trial) => {
      const client = trial.site.isOwn ? struckClients.shift() : undefined;
      const { key, nth } = trial.site;
      return { trial, client, fault: line.arm({ client: client?.client ?? SHARED, key, nth, fault: trial.fault }) };
    });
    const ids = await Promise.all(inParts(clients, ROWS).map((part) => this.#started(this.#body(kind, part))));
    const ended = await Promise.all(ids.map((id) => this.rollouts.atRest(id)));
    line.alone = undefined;
    const rows = (await Promise.all(ids.map((id) => this.rollouts.rows(id)))).flat();
    const after = await this.#runs(clients);
    const started = kind === 'check' ? 0 : 1;

    const wrong = new Map<string, string[]>();
    const state = await readState(it);
    for (const names of clients) {
      const { client, token, secret } = names;
      const row = rows.find((one) => one.client === client);
      const runs = (after[client] ?? 0) - (before[client] ?? 0);
      const trial = armed.find((one) => one.client === names)?.trial;
      const found = [
        ...(row?.state === 'completed' ? [] : [`row is ${row?.state ?? 'missing'} (${row?.code ?? 'no code'})`]),
        ...(runs === started ? [] : [`${runs} runs were started`]),
        ...(trial && kind !== 'check' && kind !== 'offboard' ? unneededPasswords(trial, names, line) : []),
      ];
      if (kind === 'onboard') found.push(...(await this.#notOnboarded(names, row, state)));
      if (kind === 'rotate') {
        const login = await loginIn(it, secret);
        if (login?.password === logins.get(secret)) found.push('the main secret holds the same password');
        if (!(await pulls(it, login))) found.push('its password is refused');
      }
      if (kind === 'offboard') {
        if (state.tokens.has(token)) found.push(`token ${token} is left`);
        if (state.bound.includes(token)) found.push(`binding of ${token} is left`);
        if (state.secrets.has(secret)) found.push(`secret ${secret} is left`);
      }
      if (found.length > 0) wrong.set(client, found);
    }
    const unfinished = ended.filter(({ status }) => status !== 'completed').map(({ status }) => `it is ${status}`);
    const unstruck = clients.filter((names) => !armed.some(({ client }) => client === names));
    const ofOthers = [...unfinished, ...unstruck.flatMap(({ client }) => wrong.get(client) ?? [])];
    if (trials.length === 0)
      return ofOthers.length > 0
        ? [{ site: { key: kind, nth: 1, isOwn: false }, fault: 'slow', status: 'failed', wrong: ofOthers }]
        : [];
    return armed.map(({ trial, client, fault }): TrialEnd => {
      const found = [
        ...(client ? (wrong.get(client.client) ?? []) : ofOthers),
        ...(fault.hasStruck() ? [] : ['the fault never struck']),
      ];
      const site = { ...trial.site, key: `${kind}: ${trial.site.key}` };
      return { site, fault: trial.fault, status: found.length === 0 ? 'completed' : 'failed', wrong: found };
    });
  }

  /** Repeats a request whose checks of the rows were struck: then nothing was started. */
  async #started(body: Record<string, unknown>): Promise<string> {
    let answer = await this.rollouts.post(body);
    for (let repeated = 0; answer.status === 503 && repeated < REPEATS; repeated += 1)
      answer = await this.rollouts.post(body);
    if (answer.status !== 202) throw new Error(`Expected 202, got ${answer.status}: ${answer.text}`);
    return z.object({ id: z.string() }).parse(answer.body).id;
  }

  async #notOnboarded(names: LaneClient, row: Row | undefined, state: Awaited<ReturnType<typeof readState>>) {
    if (row?.operation === undefined) return ['no operation is known'];
    return brokenInvariants(this.lane.it, names, await this.lane.it.app.operation(row.operation), state);
  }

  #runs(clients: readonly LaneClient[]): Promise<Record<string, number>> {
    return this.rollouts.runCounts(clients.map((names) => this.#reference(names)));
  }

  #reference({ client }: LaneClient) {
    const { azure, edge } = this.lane.it.stack.endpoints;
    return { registry: azure.registry, connectedRegistry: edge.connectedRegistry, client };
  }

  #body(kind: RolloutKind, clients: readonly LaneClient[]): Record<string, unknown> {
    const rows = clients.map((names) => {
      const { token, scopeMap } = names;
      const onboarding = kind === 'onboard' ? { token, scopeMap, repositories: ['hello-world'] } : {};
      return { ...this.#reference(names), ...onboarding };
    });
    return { kind, clients: rows, failureLimit: NO_LIMIT };
  }
}
