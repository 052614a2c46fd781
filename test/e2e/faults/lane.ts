import { clientKey } from '@connected-registry/protocol/names/clientKey';
import { until } from '../../shared/until.js';
import type { Answer, Operation } from '../harness/appClient.js';
import { findPasswords } from '../harness/passwordSearch.js';
import { keyOf, PULLED, reportOf, TestDevice } from '../harness/testDevice.js';
import { UNTHROTTLED } from '@connected-registry/local-stack/stack/unthrottled';
import { startTestStack, type TestStack } from '../harness/testStack.js';
import type { ClientNames } from './calls.js';
import { LONG_THROTTLING_SECONDS, THROTTLED_FOR_LONG } from './faultKinds.js';
import { FaultyLine } from './faultyLine.js';
import { Foreigners } from './foreigners.js';
import { brokenInvariants } from './onboardingInvariants.js';
import { readState, type TokenState } from './simulatorState.js';
import { strike, STRIKE_WITHIN_SECONDS, within, type Course } from './strikes.js';
import {
  endOfTrial,
  sitesOf,
  unneededPasswords,
  type CallSite,
  type Struck,
  type Trial,
  type TrialEnd,
} from './trials.js';

/** How a run ended that was cancelled while one of its calls was held. */
export interface CancelEnd {
  readonly site: CallSite;
  /** The step that the operation showed then. */
  readonly step: string;
  /** The status that answered the cancel. */
  readonly answer: number;
  readonly ended: Operation;
  readonly wrong: readonly string[];
}

/** A client, and its token as it was before the onboarding, when it was there. */
export interface LaneClient extends ClientNames {
  readonly adopted?: TokenState;
}

export interface LaneOptions {
  breaking?: boolean;
  adopting?: boolean;
  settings?: Readonly<Record<string, string>>;
  deviceSettings?: Readonly<Record<string, string>>;
}

/** More than the clients that a matrix makes: how the cap is kept is not its question. */
const CLIENTS = 1000;
const END_WITHIN_SECONDS = 300;

/** One stack whose app talks over a faulty line, with things of others in it; by itself it has onboardings struck. */
export class Lane implements Struck {
  #next = 1;

  private constructor(
    readonly it: TestStack,
    readonly line: FaultyLine,
    private readonly foreigners: Foreigners,
    private readonly device: TestDevice | undefined,
    private readonly prefix: string,
    private readonly adopting: boolean,
  ) {}

  /**
   * @param breaking every pull check is reported as failed for good, so that every onboarding is undone; otherwise the
   *   real agent pulls.
   * @param adopting every client's token is there before, with another scope map and a password of others.
   * @param settings more settings of the app; deviceSettings of the agent.
   */
  static async open(
    prefix: string,
    { breaking = false, adopting = false, settings = {}, deviceSettings = {} }: LaneOptions = {},
  ): Promise<Lane> {
    const line = await FaultyLine.open();
    const it = await startTestStack({
      device: breaking ? false : { settings: deviceSettings },
      settings: { ...UNTHROTTLED, ...line.settings(), CLIENTS_PER_CONNECTED_REGISTRY: String(CLIENTS), ...settings },
    });
    line.attach(it);
    await it.stack.controlPlane.https(`${it.stack.endpoints.azure.arm}/_control/settings`, {
      method: 'PATCH',
      // A password that is made anew works at the edge after this many seconds; a minute in Azure.
      body: { clientsPerConnectedRegistry: CLIENTS, throttling: 0, replicationSeconds: 1 },
    });
    const device = breaking ? await TestDevice.subscribe(it) : undefined;
    return new Lane(it, line, await Foreigners.create(it), device, prefix, adopting);
  }

  /** A lane on the same stack in which every client's token is there before. */
  adoptingTokens(): Lane {
    const { it, line, foreigners, device, prefix } = this;
    return new Lane(it, line, foreigners, device, `${prefix}-adopted`, true);
  }

  async close(): Promise<void> {
    await this.device?.close();
    await this.it.dispose();
    await this.line.close();
  }

  /** Onboards one client without any fault. */
  async onboard(): Promise<Operation> {
    const names = await this.newClient();
    return this.#end(await this.start(names), names);
  }

  cancel(id: string): Promise<Answer> {
    const { key } = this.it.stack.endpoints.functions;
    return this.it.app.request(`operations/${id}/cancel`, { method: 'POST', headers: { 'x-functions-key': key } });
  }

  /** For each of these calls a client whose run is cancelled while that call is held, and lost then. */
  async cancelled(
    sites: readonly CallSite[],
    fault: 'killed before' | 'killed after' | typeof THROTTLED_FOR_LONG,
    isAlone = false,
  ): Promise<CancelEnd[]> {
    // A run that waits the throttling out must be seen to end, so that the test can say that it did.
    const patience = END_WITHIN_SECONDS + (fault === THROTTLED_FOR_LONG ? LONG_THROTTLING_SECONDS : 0);
    const started = await Promise.all(
      sites.map(async (site) => {
        const names = await this.newClient();
        if (isAlone) this.line.alone = names.client;
        const armed = this.line.arm({ client: names.client, key: site.key, nth: site.nth, fault });
        return { site, names, armed, id: await this.start(names) };
      }),
    );
    const ends = await Promise.all(
      started.map(async ({ site, names, armed, id }) => {
        await within(STRIKE_WITHIN_SECONDS, armed.struck);
        const { steps } = await this.it.app.operation(id);
        const { status: answer } = await this.cancel(id);
        armed.release();
        return { site, names, step: steps.at(-1)?.name ?? '', answer, ended: await this.ended(id, patience) };
      }),
    );
    this.line.alone = undefined;
    const state = await readState(this.it);
    return Promise.all(
      ends.map(async ({ names, ...end }) => ({
        ...end,
        wrong: await brokenInvariants(this.it, names, end.ended, state, names.adopted),
      })),
    );
  }

  /** Onboards one client without any fault. @returns the calls that it took, in order. */
  async record(): Promise<CallSite[]> {
    const names = await this.newClient();
    this.line.alone = names.client;
    const ended = await this.#end(await this.start(names), names);
    if (ended.status !== this.#wanted) throw new Error(`Without any fault it ended ${ended.status}.`);
    this.line.alone = undefined;
    return sitesOf(this.line.of(names.client));
  }

  /** What of others was touched, and where a password stands that must not be there. */
  async unclean(): Promise<string[]> {
    const touched = await this.foreigners.touched();
    const { found, inVaultStore } = await findPasswords(this.it, this.device?.deliveries ?? [], this.line.generated);
    // Where every client was undone the vault holds none, and the search could not show that it finds any.
    return [...touched, ...found, ...(this.device || inVaultStore ? [] : ['the search found no password at all'])];
  }

  /** Whether the test is the device. */
  get isBreaking(): boolean {
    return this.device !== undefined;
  }

  /** How a run without a fault ends. */
  get #wanted(): Operation['status'] {
    return this.device ? 'rolledBack' : 'completed';
  }

  /** Onboards a client for each trial. */
  async run(trials: readonly Trial[], isAlone = false): Promise<TrialEnd[]> {
    const course: Course<LaneClient, Operation> = {
      client: () => this.newClient(),
      start: (names) => this.start(names),
      attend: (id, { client }) => this.#break(client, id),
      ended: (id) => this.ended(id),
    };
    const stricken = await strike(this, course, trials, isAlone);
    const state = await readState(this.it);
    return Promise.all(
      stricken.map(async ({ trial, names, ended, wrong }): Promise<TrialEnd> => {
        const broken = await brokenInvariants(this.it, names, ended, state, names.adopted);
        const unneeded = unneededPasswords(trial, names, this.line);
        return endOfTrial(trial, ended, [...broken, ...wrong, ...unneeded, ...this.#unexpected(trial, ended)]);
      }),
    );
  }

  /** A fault that passes is waited out; only a refusal ends an onboarding. */
  #unexpected({ fault }: Trial, end: Operation): string[] {
    const { code = '', message = '', residue = [] } = end.failure ?? {};
    // A refusal ends an onboarding, and the undo that follows is not disturbed; a refused undo lists what it left.
    const refused = this.device ? 'failed' : 'rolledBack';
    if (end.status === this.#wanted || (fault === '403' && end.status === refused)) return [];
    return [`it ended ${end.status} (${code}: ${message}; ${residue.join('; ')})`];
  }

  /** Names for one more client, whose calls are counted as its own from now on. */
  async newClient(): Promise<LaneClient> {
    const { registry } = this.it.stack.endpoints.azure;
    const { connectedRegistry } = this.it.stack.endpoints.edge;
    const client = `${this.prefix}-${this.#next++}`;
    const names = {
      client,
      token: `token-of-${client}`,
      scopeMap: `map-of-${client}`,
      secret: clientKey({ registry, connectedRegistry, client }),
    };
    this.line.watch(names);
    if (!this.adopting) return names;
    await this.foreigners.makeToken(names.token);
    const adopted = (await readState(this.it)).tokens.get(names.token);
    return adopted ? { ...names, adopted } : names;
  }

  start({ client, token, scopeMap }: ClientNames): Promise<string> {
    const { connectedRegistry } = this.it.stack.endpoints.edge;
    const adopt = this.adopting ? { adopt: true } : {};
    return this.it.app.start({ connectedRegistry, client, token, scopeMap, repositories: ['hello-world'], ...adopt });
  }

  async #end(id: string, { client }: ClientNames): Promise<Operation> {
    const [ended] = await Promise.all([this.ended(id), this.#break(client, id)]);
    return ended;
  }

  ended(id: string, seconds = END_WITHIN_SECONDS): Promise<Operation> {
    return this.it.app.end(id, seconds);
  }

  /** Reports that what was pulled is not what was asked for. */
  async #break(client: string, id: string): Promise<void> {
    if (this.device) await this.report(client, id, 'digest-mismatch');
  }

  /**
   * In the device's place answers every request of the run, until an answer is accepted or the run is past it.
   * @throws Error if neither happens
   */
  async report(client: string, id: string, outcome: 'pulled' | 'digest-mismatch'): Promise<void> {
    const { device } = this;
    if (!device) throw new Error('The real agent answers here.');
    await until(
      async () => {
        const request = device.requests(client).findLast(({ operation }) => operation === id);
        const answer =
          request &&
          (await this.it.app.report(
            id,
            request.attempt,
            keyOf(request),
            reportOf(request, outcome, outcome === 'pulled' ? PULLED : {}),
          ));
        const { phase, status } = await this.it.app.operation(id);
        return { answer: answer?.status, phase, status };
      },
      ({ answer, phase, status }) => answer === 200 || phase === 'undoing' || status !== 'running',
      `the report ${outcome} of ${client} for operation ${id} is accepted, or the operation is past it`,
      { seconds: END_WITHIN_SECONDS },
    );
  }
}
