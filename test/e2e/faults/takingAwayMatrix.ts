import { TakingAway, type Offboarding, type Revocation } from '../harness/takingAway.js';
import type { TestStack } from '../harness/testStack.js';
import type { ClientNames } from './calls.js';
import type { Lane } from './lane.js';
import { readState, type SimulatorState } from './simulatorState.js';
import { strike, type Course } from './strikes.js';
import { sitesOf, type CallSite, type Struck, type Trial, type TrialEnd } from './trials.js';

/** What takes a client's access away. */
export type Departure = 'offboardings' | 'revocations';

/** Trials of the calls by which onboarded clients are taken away, one call struck for each. */
export class TakingAwayMatrix implements Struck {
  readonly #away: TakingAway;

  constructor(
    private readonly lane: Lane,
    private readonly path: Departure,
  ) {
    this.#away = new TakingAway(lane.it);
  }

  async record(): Promise<CallSite[]> {
    const { line } = this.lane;
    const names = await this.#onboarded();
    line.alone = names.client;
    const ended = await this.#away.end(await this.#start(names));
    line.alone = undefined;
    if (ended.status !== 'completed') throw new Error(`Without any fault it ended ${ended.status}.`);
    return sitesOf(line.of(names.client));
  }

  async run(trials: readonly Trial[], isAlone = false): Promise<TrialEnd[]> {
    const { it } = this.lane;
    const course: Course<ClientNames, Offboarding | Revocation> = {
      client: () => this.#onboarded(),
      start: (names) => this.#start(names),
      ended: (id) => this.#away.end(id),
    };
    const stricken = await strike(this.lane, course, trials, isAlone);
    const state = await readState(it);
    return Promise.all(
      stricken.map(async ({ trial, names, ended, wrong: unstruck }): Promise<TrialEnd> => {
        const { code = '', message = '', residue = [] } = ended.failure ?? {};
        const wrong = [...unstruck];
        // A fault that passes is waited out; only a refusal leaves something, and says what.
        const isRefused = trial.fault === '403' && ended.status === 'failed';
        if (ended.status !== 'completed' && !isRefused) wrong.push(`it ended ${ended.status} (${code}: ${message})`);
        wrong.push(...this.#left(names, state).filter((what) => !isRefused || !isListed(what, names, residue)));
        if (isRefused) wrong.push(...(await this.#again(it, names)));
        return { ...trial, status: ended.status, ...(code === '' ? {} : { code }), wrong };
      }),
    );
  }

  async #start({ client }: ClientNames): Promise<string> {
    const [id = ''] = await this.#away.start(this.path, client);
    return id;
  }

  /** What a refusal has left a repetition takes away. */
  async #again(it: TestStack, names: ClientNames): Promise<string[]> {
    const { status } = await this.#away.end(await this.#start(names));
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
