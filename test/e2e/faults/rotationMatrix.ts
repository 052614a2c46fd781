import { setTimeout as sleep } from 'node:timers/promises';
import type { Operation } from '../harness/appClient.js';
import type { Lane } from './lane.js';
import {
  brokenByRotation,
  candidateOf,
  loginIn,
  pulls,
  stillWorking,
  type RotatedClient,
} from './rotationInvariants.js';
import { isReadable, readState } from './simulatorState.js';
import { strike, type Course } from './strikes.js';
import { Sweeps } from './sweeps.js';
import {
  endOfTrial,
  sitesOf,
  unneededPasswords,
  type CallSite,
  type Struck,
  type Trial,
  type TrialEnd,
} from './trials.js';

const SWEEPS_WITHIN_SECONDS = 240;

/** Trials of the calls by which onboarded clients are rotated; in a breaking lane, of the calls of the undo. */
export class RotationMatrix implements Struck {
  readonly #prepared: RotatedClient[] = [];
  readonly #ends: (Trial & { readonly names: RotatedClient; readonly ended: Operation })[] = [];

  /** @param urgent whether the password in use is in wrong hands; then both slots are full before. */
  constructor(
    private readonly lane: Lane,
    private readonly urgent: boolean,
  ) {}

  async prepare(trials: number): Promise<void> {
    this.#prepared.push(...(await Promise.all(Array.from({ length: trials }, () => this.#ready()))));
  }

  async record(): Promise<CallSite[]> {
    const { line, it } = this.lane;
    const names = await this.#ready();
    // What the app keeps for a minute is a call of a rotation, too.
    await it.crashHost();
    line.alone = names.client;
    const { status } = await this.#whole(await this.#start(names), names, this.lane.isBreaking);
    line.alone = undefined;
    if (status !== this.#wanted) throw new Error(`Without any fault it ended ${status}.`);
    return sitesOf(line.of(names.client));
  }

  async run(trials: readonly Trial[], isAlone = false): Promise<TrialEnd[]> {
    const { it, line } = this.lane;
    const course: Course<RotatedClient, Operation> = {
      client: async () => this.#prepared.pop() ?? this.#ready(),
      start: (names) => this.#start(names),
      attend: (id, names) => this.#attend(id, names, this.lane.isBreaking),
      ended: (id) => this.lane.ended(id),
    };
    const stricken = await strike(this.lane, course, trials, isAlone);
    const state = await readState(it);
    return Promise.all(
      stricken.map(async ({ trial, names, ended, wrong }): Promise<TrialEnd> => {
        this.#ends.push({ ...trial, names, ended });
        const broken = await brokenByRotation(it, names, this.urgent, ended, state);
        const unneeded = unneededPasswords(trial, names, line);
        return endOfTrial(trial, ended, [
          ...broken,
          ...wrong,
          ...unneeded,
          ...withoutNextTry(trial, ended),
          ...this.#unexpected(trial, ended),
        ]);
      }),
    );
  }

  /**
   * Rotates again what has failed; then sweeps revoke what is left of the passwords before, once it was acknowledged.
   */
  async afterwards(): Promise<string[]> {
    const again = this.#ends.filter((end) => end.ended.status !== 'completed' || isUnreported(end));
    const wrong = await Promise.all(
      again.map(async (end) => {
        const { names } = end;
        const id = await this.lane.it.app.rotate(names.client, isUnreported(end) ? { urgent: true } : {});
        const { status, failure } = await this.#whole(id, names, false);
        return status === 'completed' ? [] : [`${about(end)}: again, it ended ${status} (${failure?.message ?? ''})`];
      }),
    );
    return [...wrong.flat(), ...(await this.#afterSweeps())];
  }

  /**
   * Sweeps until the previous passwords are revoked. The test plays the device and acknowledges nothing, so they exist
   * until then.
   */
  async #afterSweeps(): Promise<string[]> {
    const { it, isBreaking } = this.lane;
    const sweeps = new Sweeps(it);
    const deadline = Date.now() + SWEEPS_WITHIN_SECONDS * 1000;
    for (;;) {
      await sweeps.ended(await sweeps.start());
      const state = await readState(it);
      const wrong = await Promise.all(
        this.#ends.map(async (end) => {
          const { names } = end;
          const { length } = state.tokens.get(names.token)?.passwords ?? [];
          const dead = isBreaking ? [] : [names.login, ...names.earlier];
          const now = await loginIn(it, names.secret);
          const left = [
            ...(length === 1 || (isBreaking && length === 2) ? [] : [`${length} passwords`]),
            ...((await pulls(it, now)) ? [] : ['the password in the main secret is refused']),
            ...(isReadable(state, candidateOf(names)) ? ['the candidate is enabled'] : []),
            ...(length === 1 ? await stillWorking(it, dead) : []),
          ];
          return left.map((what) => `${about(end)}: in the end ${what}`);
        }),
      );
      if (wrong.flat().length === 0 || Date.now() > deadline) return wrong.flat();
      await sleep(500);
    }
  }

  get #wanted(): Operation['status'] {
    return this.lane.isBreaking ? 'rolledBack' : 'completed';
  }

  /** A fault that passes is waited out; only a refusal ends a rotation, or leaves something of one that is undone. */
  #unexpected({ fault }: Trial, { status, failure }: Operation): string[] {
    if (status === this.#wanted || (fault === '403' && status !== 'completed')) return [];
    return [`it ended ${status} (${failure?.code ?? ''}: ${failure?.message ?? ''})`];
  }

  async #ready(): Promise<RotatedClient> {
    const { it, line } = this.lane;
    const names = await this.lane.newClient();
    await this.#completed(await this.lane.start(names), names);
    const first = await it.operator.login(names.secret);
    if (this.urgent) await this.#completed(await it.app.rotate(names.client), names);
    const login = await it.operator.login(names.secret);
    const before = (await readState(it)).tokens.get(names.token);
    if (!before) throw new Error(`${names.client} has a token.`);
    line.forget(names.client);
    return { ...names, before, login, earlier: this.urgent ? [first] : [] };
  }

  #start({ client }: { readonly client: string }): Promise<string> {
    return this.lane.it.app.rotate(client, this.urgent ? { urgent: true } : {});
  }

  async #completed(id: string, names: { readonly client: string }): Promise<void> {
    const { status } = await this.#whole(id, names, false);
    if (status !== 'completed') throw new Error(`${names.client} was not made ready: ${status}`);
  }

  async #whole(id: string, names: { readonly client: string }, isBroken: boolean): Promise<Operation> {
    const [ended] = await Promise.all([this.lane.ended(id), this.#attend(id, names, isBroken)]);
    return ended;
  }

  /** In a breaking lane the test is the device. */
  async #attend(id: string, { client }: { readonly client: string }, isBroken: boolean): Promise<void> {
    if (this.lane.isBreaking) await this.lane.report(client, id, isBroken ? 'digest-mismatch' : 'pulled');
  }
}

/** The device was not notified, so it acknowledges nothing before its own next look. */
function isUnreported({ site, fault }: Trial): boolean {
  return site.key.endsWith('CredentialPromoted') && fault === '403';
}

function about({ site, fault }: Trial): string {
  return `${site.key} ${site.nth}, ${fault}`;
}

/** A failure says when it is tried again, but where the main secret, by which sweeps go, was not to be read. */
function withoutNextTry({ site, fault }: Trial, { status, failure }: Operation): string[] {
  if (status === 'completed' || failure?.nextTryAt !== undefined) return [];
  return fault === '403' && site.key === 'GET secrets/{secret}' ? [] : ['it does not say when it is tried again'];
}
