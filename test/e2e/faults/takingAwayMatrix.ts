import { setTimeout as sleep } from 'node:timers/promises';
import { TakingAway } from '../harness/takingAway.js';
import type { TestStack } from '../harness/testStack.js';
import type { ClientNames } from './calls.js';
import { kills } from './faultKinds.js';
import { namesItsClient, STRIKE_WITHIN_SECONDS, type CallSite, type Lane, type Trial, type TrialEnd } from './lane.js';
import { readState, type SimulatorState } from './simulatorState.js';

/** What takes a client's access away. */
export type Departure = 'offboardings' | 'revocations';

/** Trials of the calls by which onboarded clients are taken away, one call struck for each. */
export class TakingAwayMatrix {
  readonly #away: TakingAway;

  constructor(
    private readonly lane: Lane,
    private readonly path: Departure,
  ) {
    this.#away = new TakingAway(lane.it);
  }

  /** Takes one client away without any fault. @returns the calls that it took, in order. */
  async record(): Promise<CallSite[]> {
    const { line } = this.lane;
    const names = await this.#onboarded();
    line.alone = names.client;
    const [id = ''] = await this.#away.start(this.path, names.client);
    const ended = await this.#away.end(id);
    line.alone = undefined;
    if (ended.status !== 'completed') throw new Error(`Without any fault it ended ${ended.status}.`);
    return line.of(names.client).map(({ key, nth }) => ({ key, nth, isOwn: namesItsClient(key) }));
  }

  /** Trials at once; those that kill share one kill. @param isAlone for a call that does not tell whose it is. */
  async run(trials: readonly Trial[], isAlone = false): Promise<TrialEnd[]> {
    const { line, it } = this.lane;
    const clients = await Promise.all(trials.map(() => this.#onboarded()));
    const started = await Promise.all(
      trials.map(async (trial, index) => {
        const names = clients[index];
        if (!names) throw new Error('Every trial has a client.');
        if (isAlone) line.alone = names.client;
        const armed = line.arm({ client: names.client, ...trial.site, fault: trial.fault });
        const [id = ''] = await this.#away.start(this.path, names.client);
        return { trial, names, armed, id };
      }),
    );
    if (trials.some(({ fault }) => kills(fault))) {
      await Promise.race([Promise.all(started.map(({ armed }) => armed.struck)), sleep(STRIKE_WITHIN_SECONDS * 1000)]);
      await it.crashHost();
      for (const { armed } of started) armed.release();
    }
    const ended = await Promise.all(started.map(({ id }) => this.#away.end(id)));
    line.alone = undefined;
    const state = await readState(it);
    return Promise.all(
      started.map(async ({ trial, names, armed }, index): Promise<TrialEnd> => {
        const end = ended[index];
        if (!end) throw new Error('Every operation has an end.');
        const { code = '', message = '', residue = [] } = end.failure ?? {};
        const wrong = armed.hasStruck() ? [] : ['the fault never struck'];
        // A fault that passes is waited out; only a refusal leaves something, and says what.
        const isRefused = trial.fault === '403' && end.status === 'failed';
        if (end.status !== 'completed' && !isRefused) wrong.push(`it ended ${end.status} (${code}: ${message})`);
        wrong.push(...this.#left(names, state).filter((what) => !isRefused || !isListed(what, names, residue)));
        if (isRefused) wrong.push(...(await this.#again(it, names)));
        return { ...trial, status: end.status, ...(code === '' ? {} : { code }), wrong };
      }),
    );
  }

  /** What a refusal has left a repetition takes away. */
  async #again(it: TestStack, names: ClientNames): Promise<string[]> {
    const [id = ''] = await this.#away.start(this.path, names.client);
    const { status } = await this.#away.end(id);
    const left = this.#left(names, await readState(it)).map((what) => `after a repetition: ${what}`);
    return status === 'completed' ? left : [`a repetition ended ${status}`, ...left];
  }

  #left({ token, scopeMap, secret }: ClientNames, state: SimulatorState): string[] {
    const names = [secret, `${secret}-candidate`];
    const readable = names.filter((name) => state.secrets.get(name)?.some(({ enabled }) => enabled !== false));
    if (this.path === 'revocations')
      return [
        ...(state.tokens.get(token)?.status === 'disabled' ? [] : [`token ${token} is not disabled`]),
        ...(state.bound.includes(token) ? [] : [`token ${token} was unbound`]),
        ...readable.map((name) => `secret ${name} can be read`),
      ];
    return [
      ...(state.tokens.has(token) ? [`token ${token} is left`] : []),
      ...(state.bound.includes(token) ? [`binding of ${token} is left`] : []),
      ...(state.scopeMaps.has(scopeMap) ? [`scope map ${scopeMap} is left`] : []),
      ...names.filter((name) => state.secrets.has(name)).map((name) => `secret ${name} is left`),
    ];
  }

  async #onboarded(): Promise<ClientNames> {
    const names = await this.lane.newClient();
    const { status } = await this.lane.ended(await this.lane.start(names));
    if (status !== 'completed') throw new Error(`${names.client} was not onboarded: ${status}`);
    this.lane.line.forget(names.client);
    return names;
  }
}

/** By its name, or as part of all that the client has, when not even that could be read. */
function isListed(what: string, { token, scopeMap, secret }: ClientNames, residue: readonly string[]): boolean {
  const names = [token, scopeMap, secret].filter((name) => what.includes(name));
  return residue.some(
    (line) => names.some((name) => line.includes(name)) || /^(?:what the client has|unknown)/.test(line),
  );
}
