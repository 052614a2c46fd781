import { setTimeout as sleep } from 'node:timers/promises';
import type { TestStack } from '../harness/testStack.js';
import type { ClientNames } from './calls.js';
import { kills } from './faultKinds.js';
import type { FaultyLine } from './faultyLine.js';
import { isCached, type Struck, type Trial, type TrialEnd } from './trials.js';

export const STRIKE_WITHIN_SECONDS = 120;

/** What is done for each client of some trials. */
export interface Course<Names extends ClientNames, Ended> {
  /** Makes a client that is ready for it. */
  client(): Promise<Names>;
  /** @returns the operation's id. */
  start(names: Names): Promise<string>;
  /** What the device does while the operation runs, also if the host is killed. */
  attend?(id: string, names: Names): Promise<void>;
  ended(id: string): Promise<Ended>;
}

/** How a course ended of whose calls one was struck. */
export interface Stricken<Names extends ClientNames, Ended> {
  readonly trial: Trial;
  readonly names: Names;
  readonly ended: Ended;
  /** What is wrong already: the fault never struck. */
  readonly wrong: readonly string[];
}

/**
 * Goes through the course once for each trial, all at once, with the trial's call struck; those that kill share one
 * kill.
 */
export async function strike<Names extends ClientNames, Ended>(
  { it, line }: { readonly it: TestStack; readonly line: FaultyLine },
  course: Course<Names, Ended>,
  trials: readonly Trial[],
  isAlone: boolean,
): Promise<Stricken<Names, Ended>[]> {
  const ready = await Promise.all(trials.map(async (trial) => ({ trial, names: await course.client() })));
  // What the app keeps for a minute it asks for again when it is new.
  if (trials.some(({ site }) => isCached(site))) await it.crashHost();
  if (isAlone) line.alone = ready[0]?.names.client;
  const armed = ready.map(({ trial: { site, fault }, names }) =>
    line.arm({ client: names.client, key: site.key, nth: site.nth, fault }),
  );
  const ids = await Promise.all(ready.map(({ names }) => course.start(names)));
  const attended = Promise.all(ready.map(async ({ names }, index) => course.attend?.(ids[index] ?? '', names)));
  if (trials.some(({ fault }) => kills(fault))) {
    // A call that never comes is reported at the end of its trial.
    await Promise.race([Promise.all(armed.map(({ struck }) => struck)), sleep(STRIKE_WITHIN_SECONDS * 1000)]);
    await it.crashHost();
    for (const fault of armed) fault.release();
  }
  const ends = await Promise.all(ids.map((id) => course.ended(id)));
  await attended;
  line.alone = undefined;
  return ready.flatMap(({ trial, names }, index) => {
    const ended = ends[index];
    const wrong = armed[index]?.hasStruck() === true ? [] : ['the fault never struck'];
    return ended === undefined ? [] : [{ trial, names, ended, wrong }];
  });
}

/** One trial after another, each with the stack to itself, until the queue, which stacks share, is empty. */
export async function alone(struck: Struck, queue: Trial[]): Promise<TrialEnd[]> {
  const ends: TrialEnd[] = [];
  for (let trial = queue.shift(); trial; trial = queue.shift()) ends.push(...(await struck.run([trial], true)));
  return ends;
}

/**
 * Many trials at once, of calls that tell whose they are; those that kill share two kills, where so many can be at
 * work.
 */
export async function together(struck: Struck, trials: readonly Trial[], atOnce: number): Promise<TrialEnd[]> {
  const { most = Infinity } = struck;
  const groups = [
    ...(['killed before', 'killed after'] as const).flatMap((kill) =>
      inParts(
        trials.filter(({ fault }) => fault === kill),
        most,
      ),
    ),
    ...inParts(
      trials.filter(({ fault }) => !kills(fault)),
      Math.min(atOnce, most),
    ),
  ];
  // In good time, that is: more at once would hold each other up.
  if (trials.length <= 2 * atOnce) await struck.prepare?.(trials.length);
  const ends: TrialEnd[] = [];
  for (const group of groups) ends.push(...(await struck.run(group)));
  return ends;
}

export function inParts<Item>(items: readonly Item[], size: number): Item[][] {
  const parts: Item[][] = [];
  for (let first = 0; first < items.length; first += size) parts.push(items.slice(first, first + size));
  return parts;
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
