import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../../shared/until.js';
import type { Login } from '../harness/operatorSdk.js';
import type { ClientNames } from './calls.js';
import type { Lane } from './lane.js';
import { loginIn, pulls, stillWorking } from './rotationInvariants.js';
import { readState, type SimulatorState } from './simulatorState.js';
import { strike, type Course } from './strikes.js';
import { Sweeps } from './sweeps.js';
import { sitesOf, type CallSite, type Struck, type Trial, type TrialEnd } from './trials.js';

/** A client whose device has acknowledged its new password: the one before is due to be revoked. */
interface DueClient extends ClientNames {
  readonly old: Login;
  readonly present: Login;
}

/** Trials of the calls by which a sweep revokes the passwords that rotations have left. */
export class SweepMatrix implements Struck {
  /** A sweep revokes so many at once (src/queries/eachOf.ts); a kill is to hold a call of each. */
  readonly most = 10;
  readonly #sweeps: Sweeps;
  readonly #ends: (Trial & { readonly names: DueClient })[] = [];

  constructor(private readonly lane: Lane) {
    this.#sweeps = new Sweeps(lane.it);
  }

  async record(): Promise<CallSite[]> {
    const { line, it } = this.lane;
    const names = await this.#due();
    await it.crashHost();
    line.alone = names.client;
    await this.#sweeps.ended(await this.#sweeps.start());
    line.alone = undefined;
    const left = notRevoked(names, await readState(it));
    if (left.length > 0) throw new Error(`Without any fault: ${left.join('; ')}.`);
    return sitesOf(line.of(names.client));
  }

  async run(trials: readonly Trial[], isAlone = false): Promise<TrialEnd[]> {
    const { it } = this.lane;
    let sweep: Promise<string> | undefined;
    const course: Course<DueClient, null> = {
      client: () => this.#due(),
      start: () => (sweep ??= this.#sweeps.start()),
      ended: async (id) => {
        await this.#sweeps.ended(id);
        return null;
      },
    };
    const stricken = await strike(this.lane, course, trials, isAlone);
    const state = await readState(it);
    return Promise.all(
      stricken.map(async ({ trial, names, wrong }): Promise<TrialEnd> => {
        this.#ends.push({ ...trial, names });
        const left = notRevoked(names, state);
        return {
          ...trial,
          status: left.length === 0 ? 'completed' : 'rolledBack',
          wrong: [
            ...wrong,
            ...(await inUse(this.lane, names, state)),
            // What was killed is done again by the same sweep.
            ...(trial.fault === 'slow' || trial.fault.startsWith('killed') ? left : []),
            ...(left.length === 0 ? await stillWorking(it, [names.old]) : []),
            ...(left.length > 0 && !isRemembered(names, state) ? ['what is left is not due any more'] : []),
          ],
        };
      }),
    );
  }

  /** The next sweep does what is left. */
  async afterwards(): Promise<string[]> {
    const { it } = this.lane;
    // A sweep that could not list the vault rests for a second.
    await sleep(1500);
    await this.#sweeps.ended(await this.#sweeps.start());
    const state = await readState(it);
    const wrong = await Promise.all(
      this.#ends.map(async ({ site, fault, names }) => {
        const left = [
          ...notRevoked(names, state),
          ...(await inUse(this.lane, names, state)),
          ...(await stillWorking(it, [names.old])),
        ];
        return left.map((what) => `${site.key} ${site.nth}, ${fault}: after another sweep ${what}`);
      }),
    );
    return wrong.flat();
  }

  async #due(): Promise<DueClient> {
    const { it, line } = this.lane;
    const names = await this.lane.newClient();
    await this.#completed(await this.lane.start(names));
    const old = await it.operator.login(names.secret);
    const version = await this.#completed(await it.app.rotate(names.client));
    await until(
      () => this.#sweeps.acknowledged(names.secret),
      (acknowledged) => acknowledged === version,
      `the agent has acknowledged version ${version} of ${names.client}'s secret`,
    );
    line.forget(names.client);
    return { ...names, old, present: await it.operator.login(names.secret) };
  }

  /** @returns the version that was promoted. */
  async #completed(id: string): Promise<string> {
    const { status, result } = await this.lane.ended(id);
    if (status !== 'completed' || !result) throw new Error(`${id} ended ${status}`);
    return result.secret.version;
  }
}

function notRevoked({ token, secret }: DueClient, { tokens, secrets }: SimulatorState): string[] {
  const { length } = tokens.get(token)?.passwords ?? [];
  const enabled = (secrets.get(secret) ?? []).filter((version) => version.enabled !== false);
  return [
    ...(length === 1 ? [] : [`token ${token} has ${length} passwords`]),
    ...(enabled.length === 1 ? [] : [`secret ${secret} has ${enabled.length} versions that can be read`]),
    ...(enabled.some(({ tags }) => tags?.['revokeOld'] !== undefined) ? [`secret ${secret} still has its tag`] : []),
  ];
}

/** The tag has what is left done by the next sweep. */
function isRemembered({ secret }: DueClient, { secrets }: SimulatorState): boolean {
  return (secrets.get(secret) ?? []).some(
    ({ enabled, tags }) => enabled !== false && tags?.['revokeOld'] !== undefined,
  );
}

async function inUse({ it }: Lane, { secret, token, present }: DueClient, state: SimulatorState): Promise<string[]> {
  const now = await loginIn(it, secret);
  const bindings = state.bound.filter((name) => name === token).length;
  return [
    ...(now?.password === present.password ? [] : [`secret ${secret} holds another password`]),
    ...((await pulls(it, now)) ? [] : [`the password in ${secret} is refused`]),
    ...(bindings === 1 ? [] : [`token ${token} is bound ${bindings} times`]),
  ];
}
