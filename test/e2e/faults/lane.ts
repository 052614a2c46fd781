import { setTimeout as sleep } from 'node:timers/promises';
import { clientKey } from '../../../src/domain/clientKey.js';
import type { Answer, Operation } from '../harness/appClient.js';
import { findPasswords } from '../harness/passwordSearch.js';
import { keyOf, reportOf, TestDevice } from '../harness/testDevice.js';
import { startTestStack, type TestStack } from '../harness/testStack.js';
import type { ClientNames } from './calls.js';
import { kills, type FaultKind, type THROTTLED_FOR_LONG } from './faultKinds.js';
import { FaultyLine, type ArmedFault } from './faultyLine.js';
import { Foreigners } from './foreigners.js';
import { brokenPromises } from './promises.js';
import { readState, type TokenState } from './simulatorState.js';

/** The n-th call of one kind that every onboarding makes. */
export interface CallSite {
  readonly key: string;
  readonly nth: number;
  /** Whether it tells whose it is, so that many clients can be at work while it is struck. */
  readonly isOwn: boolean;
}

/** One field of the matrix. */
export interface Trial {
  readonly site: CallSite;
  readonly fault: FaultKind;
}

/** How a trial ended; `wrong` is empty when every promise was kept. */
export interface TrialEnd extends Trial {
  readonly status: Operation['status'];
  readonly code?: string;
  readonly wrong: readonly string[];
}

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

interface Started {
  readonly trial: Trial;
  readonly names: LaneClient;
  readonly armed: ArmedFault;
  readonly id: string;
}

export interface LaneOptions {
  breaking?: boolean;
  adopting?: boolean;
  settings?: Readonly<Record<string, string>>;
}

/** More than the clients that a matrix makes: how the cap is kept is not its question. */
const CLIENTS = 1000;
export const STRIKE_WITHIN_SECONDS = 20;
const END_WITHIN_SECONDS = 90;
/** Milliseconds between two looks at an operation. */
const LOOK_EVERY = 300;

/** One stack whose app talks over a faulty line, with things of others in it. */
export class Lane {
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
   * @param settings more settings of the app.
   */
  static async open(
    prefix: string,
    { breaking = false, adopting = false, settings = {} }: LaneOptions = {},
  ): Promise<Lane> {
    const line = await FaultyLine.open();
    const it = await startTestStack({
      ...(breaking ? { device: false } : {}),
      settings: { ...line.settings(), CLIENTS_PER_CONNECTED_REGISTRY: String(CLIENTS), ...settings },
    });
    line.attach(it);
    await it.stack.controlPlane.https(`${it.stack.endpoints.azure.arm}/_control/settings`, {
      method: 'PATCH',
      // A password that is made anew works at the edge after this many seconds; a minute in Azure.
      body: { clientsPerConnectedRegistry: CLIENTS, throttling: 0, replicationSeconds: 1 },
    });
    const device = breaking ? await TestDevice.subscribe(it) : undefined;
    return new Lane(it, line, await Foreigners.settle(it), device, prefix, adopting);
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
        return { site, names, step: steps.at(-1)?.name ?? '', answer, ended: await this.ended(id) };
      }),
    );
    this.line.alone = undefined;
    const state = await readState(this.it);
    return Promise.all(
      ends.map(async ({ names, ...end }) => ({
        ...end,
        wrong: await brokenPromises(this.it, names, end.ended, state, names.adopted),
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
    return this.line
      .of(names.client)
      .filter(isCertain)
      .map(({ key, nth }) => ({ key, nth, isOwn: namesItsClient(key) }));
  }

  /** One trial after another, each with the stack to itself, until the queue, which lanes share, is empty. */
  async alone(queue: Trial[]): Promise<TrialEnd[]> {
    const ends: TrialEnd[] = [];
    for (let trial = queue.shift(); trial; trial = queue.shift()) {
      // What the app keeps for a minute it asks for again when it is new.
      if (isCached(trial.site)) await this.it.crashHost();
      ends.push(...(await this.#run([trial], true)));
    }
    return ends;
  }

  /** Many trials at once, of calls that tell whose they are; those that kill share their two kills. */
  async together(trials: readonly Trial[], atOnce: number): Promise<TrialEnd[]> {
    const ends: TrialEnd[] = [];
    for (const killing of ['killed before', 'killed after'] as const)
      ends.push(...(await this.#run(trials.filter(({ fault }) => fault === killing))));
    const others = trials.filter(({ fault }) => !kills(fault));
    for (let first = 0; first < others.length; first += atOnce)
      ends.push(...(await this.#run(others.slice(first, first + atOnce))));
    return ends;
  }

  /** What of others was touched, and where a password stands that must not be there. */
  async unclean(): Promise<string[]> {
    const touched = await this.foreigners.touched();
    const { found, inVaultStore } = await findPasswords(this.it, this.device?.deliveries ?? [], this.line.generated);
    // Where every client was undone the vault holds none, and the search could not show that it finds any.
    return [...touched, ...found, ...(this.device || inVaultStore ? [] : ['the search found no password at all'])];
  }

  /** How a run without a fault ends. */
  get #wanted(): Operation['status'] {
    return this.device ? 'rolledBack' : 'completed';
  }

  async #run(trials: readonly Trial[], isAlone = false): Promise<TrialEnd[]> {
    if (trials.length === 0) return [];
    const started = await Promise.all(
      trials.map(async (trial): Promise<Started> => {
        const names = await this.newClient();
        const { key, nth } = trial.site;
        if (isAlone) this.line.alone = names.client;
        const armed = this.line.arm({ client: names.client, key, nth, fault: trial.fault });
        return { trial, names, armed, id: await this.start(names) };
      }),
    );
    const breaking = started.map(({ names, id }) => this.#break(names.client, id));
    if (trials.some(({ fault }) => kills(fault))) {
      // One whose call never comes is told as such at its end.
      await Promise.race([Promise.all(started.map(({ armed }) => armed.struck)), sleep(STRIKE_WITHIN_SECONDS * 1000)]);
      await this.it.crashHost();
      for (const { armed } of started) armed.release();
    }
    const ended = await Promise.all(started.map(({ id }) => this.ended(id)));
    await Promise.all(breaking);
    this.line.alone = undefined;
    const state = await readState(this.it);
    return Promise.all(
      started.map(async ({ trial, names, armed }, index): Promise<TrialEnd> => {
        const end = ended[index];
        if (!end) throw new Error('Every operation has an end.');
        const wrong = await brokenPromises(this.it, names, end, state, names.adopted);
        if (!armed.hasStruck()) wrong.push('the fault never struck');
        wrong.push(...this.#unneeded(trial, names), ...this.#unexpected(trial, end));
        return { ...trial, status: end.status, ...(end.failure ? { code: end.failure.code } : {}), wrong };
      }),
    );
  }

  /** One password, and a second only when the first can be known to nobody: its answer, or its saving, was lost. */
  #unneeded({ site, fault }: Trial, { client }: ClientNames): string[] {
    const isLost =
      (site.key.endsWith('/generateCredentials') && ['reply lost', 'killed after'].includes(fault)) ||
      (site.key === 'PUT secrets/{secret}-candidate' && !['slow', '403', 'reply lost', 'killed after'].includes(fault));
    const made = this.line
      .of(client)
      .filter(({ key, status }) => key.endsWith('/generateCredentials') && status === 200).length;
    const needed = isLost ? 2 : 1;
    return made > needed ? [`${made} passwords were generated, ${needed} needed`] : [];
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
    return this.it.app.start({ connectedRegistry, client, token, scopeMap, repositories: ['hello-world'] });
  }

  async #end(id: string, { client }: ClientNames): Promise<Operation> {
    const [ended] = await Promise.all([this.ended(id), this.#break(client, id)]);
    return ended;
  }

  /** Looks seldom: many are waited for at once, and every look costs the app time. */
  async ended(id: string): Promise<Operation> {
    const deadline = Date.now() + END_WITHIN_SECONDS * 1000;
    for (;;) {
      const seen = await this.it.app.operation(id);
      if (seen.status !== 'running') return seen;
      if (Date.now() > deadline) throw new Error(`Not within ${END_WITHIN_SECONDS} s: ${JSON.stringify(seen)}`);
      await sleep(LOOK_EVERY);
    }
  }

  /** Reports that what was pulled is not what was asked for, to every request of the run, until the run undoes. */
  async #break(client: string, id: string): Promise<void> {
    const { device } = this;
    if (!device) return;
    const deadline = Date.now() + END_WITHIN_SECONDS * 1000;
    let accepted = false;
    while (!accepted && Date.now() < deadline) {
      const request = device.requests(client).at(-1);
      if (request) {
        const report = reportOf(request, 'digest-mismatch');
        const { status } = await this.it.app.report(id, request.attempt, keyOf(request), report);
        accepted = status === 200;
      }
      await sleep(100);
      accepted ||= (await this.it.app.operation(id)).phase === 'undoing';
    }
  }
}

/** How often the device must be asked again depends on when it syncs. */
function isCertain({ key, nth }: { key: string; nth: number }): boolean {
  return nth === 1 || !key.startsWith('POST topics/');
}

/** Registry, its connected registries and a sync scope: read once a minute (docs/decisions/0007-slow-facts-are-cached.md). */
function isCached({ key }: CallSite): boolean {
  return (
    key === 'GET registries/{registry}' ||
    key === 'GET registries/{registry}/connectedRegistries' ||
    /\/(tokens|scopeMaps)\/\{connectedRegistry\}$/.test(key)
  );
}

/** A path with a token, map or secret of one client, a password for one token, or an event for one client. */
export function namesItsClient(key: string): boolean {
  return /\{(token|scopeMap|secret)\}/.test(key) || key.endsWith('/generateCredentials') || key.includes(' topics/');
}

export async function within(seconds: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`A call that a fault waits for did not come in ${seconds} s.`)),
      seconds * 1000,
    );
  });
  await Promise.race([work, late]).finally(() => clearTimeout(timer));
}
