import { Foreigners } from '../faults/foreigners.js';
import { readState, type SimulatorState } from '../faults/simulatorState.js';
import { findPasswords } from '../harness/passwordSearch.js';
import { UNTHROTTLED } from '@connected-registry/local-stack/stack/unthrottled';
import { startTestStack, type TestStack } from '../harness/testStack.js';
import { EndState } from './endState.js';
import { MixedEnd } from './mixedEnd.js';
import { mixedScheduleOf, scheduleOf } from './schedule.js';
import { SchedulePlayer, type Client, type Removal } from './schedulePlayer.js';

const MANY_CLIENTS = 2000;

/** Plays schedules on one stack and says which invariants were broken. */
export class ScheduleRunner {
  private constructor(
    readonly it: TestStack,
    private readonly foreigners: Foreigners,
    private readonly player: SchedulePlayer,
    private readonly endState: EndState,
  ) {}

  static async open(): Promise<ScheduleRunner> {
    const it = await startTestStack({
      settings: {
        ...UNTHROTTLED,
        CLIENTS_PER_CONNECTED_REGISTRY: String(MANY_CLIENTS),
        PASSWORD_REPLICATION_SECONDS: '1',
        RETRY_MAX_SECONDS: '1',
      },
    });
    const settings = `${it.stack.endpoints.azure.arm}/_control/settings`;
    await it.stack.controlPlane.https(settings, {
      method: 'PATCH',
      body: { clientsPerConnectedRegistry: MANY_CLIENTS, throttling: 0, replicationSeconds: 1 },
    });
    const player = new SchedulePlayer(it);
    return new ScheduleRunner(it, await Foreigners.create(it), player, new EndState(it, player));
  }

  close(): Promise<void> {
    return this.it.dispose();
  }

  /** Places where a password stands that must not be there. */
  async passwordsFound(): Promise<string[]> {
    return (await findPasswords(this.it)).found;
  }

  /** Plays a seed's onboardings. @returns what is wrong at their end; nothing when every invariant held. */
  async play(seed: number): Promise<string[]> {
    const { clients, removals } = await this.player.play(scheduleOf(seed));
    const wrong = await this.#completeAll(clients, removals);
    return this.#atLast(clients, wrong);
  }

  /** The same with rotations, offboardings and revocations among them. */
  async playMixed(seed: number): Promise<string[]> {
    const schedule = mixedScheduleOf(seed);
    const played = await this.player.play(schedule);
    const wrong = await new MixedEnd(this.it, played).judge(schedule.finalRequests);
    for (const client of played.clients) wrong.push(...(await this.endState.works(client)));
    return this.#atLast(played.clients, wrong);
  }

  async #atLast(clients: readonly Client[], wrong: readonly string[]): Promise<string[]> {
    return [...wrong, ...(await this.endState.converges(clients)), ...(await this.foreigners.touched())];
  }

  /** Repeats each client's request until a run completes, then checks the end state. */
  async #completeAll(clients: readonly Client[], removals: readonly Removal[]): Promise<string[]> {
    const wrong: string[] = [];
    // What runs now may be an undo, or a run of another request: it ends first, and untouched by this test.
    for (const client of clients) {
      const running = await this.player.running(client);
      if (running !== undefined) {
        const ended = await this.it.app.lastEnd(running);
        const state = await readState(this.it);
        if (ended.status === 'completed') wrong.push(...unbound(client, ended.steps, state, removals));
        else if (ended.failure?.code !== 'cancelled')
          wrong.push(
            `${client.name} ended ${ended.status}: ${ended.failure?.code ?? ''} ${ended.failure?.message ?? ''}`,
          );
        if (ended.status === 'failed') wrong.push(`${client.name} left ${ended.failure?.residue.join('; ') ?? ''}`);
      }
      wrong.push(...(await this.endState.works(client)));
    }
    return wrong;
  }
}

/** A binding that is gone although nobody took it away after the run's last look. */
function unbound(
  { name, token }: Client,
  steps: readonly { name: string; startedAt: string }[],
  { bound }: SimulatorState,
  removals: readonly Removal[],
): string[] {
  const bindings = bound.filter((one) => one === token).length;
  if (bindings === 1) return [];
  const looked = Date.parse(
    steps.findLast((step) => step.name === 'promote' || step.name === 'preflight')?.startedAt ?? '',
  );
  const taken = bindings === 0 && removals.some(({ at: when, tokens }) => when >= looked && tokens.includes(token));
  return taken ? [] : [`${name} is bound ${bindings} times`];
}

/** Plays seeds on several stacks beside each other. @returns everything that went wrong, by seed. */
export async function playAll(
  runners: readonly ScheduleRunner[],
  seeds: readonly number[],
  kind: 'onboardings' | 'mixed' = 'onboardings',
): Promise<string[]> {
  const queue = [...seeds];
  const wrong: string[] = [];
  await Promise.all(
    runners.map(async (runner) => {
      for (let seed = queue.shift(); seed !== undefined; seed = queue.shift()) {
        const found = await (kind === 'mixed' ? runner.playMixed(seed) : runner.play(seed)).catch((error: unknown) => [
          error instanceof Error ? error.message : String(error),
        ]);
        if (found.length === 0) continue;
        wrong.push(...found.map((what) => `seed ${seed}: ${what}`));
        const schedule = kind === 'mixed' ? mixedScheduleOf(seed) : scheduleOf(seed);
        console.log(`Replay this one with SEED=${seed}: ${JSON.stringify(schedule)}`);
      }
    }),
  );
  return wrong;
}

/** The seeds to play: the one that SEED names, or those given. */
export function seedsToPlay(seeds: readonly number[]): readonly number[] {
  const one = process.env['SEED'];
  return one === undefined ? seeds : [Number(one)];
}
