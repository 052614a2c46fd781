import { Dice } from './dice.js';
import { fleetOf, REGISTRIES } from './fleet.js';
import { CredentialWatch } from './observers/credentialWatch.js';
import { Lookout } from './observers/lookout.js';
import { PullBook } from './observers/pullBook.js';
import { RotationBook } from './observers/rotationBook.js';
import { Verdict, type Violation } from './observers/verdict.js';
import { comeAndGo } from './offlineTimes.js';
import { onboardAll } from './onboardAll.js';
import { nextMoment, standStill } from './standingTime.js';
import { tableOf } from './table.js';
import { StepTroubles } from './troubles/stepTroubles.js';
import { bringTimedTroubles } from './troubles/timedTroubles.js';
import { startWorld } from './world.js';
import { CALENDAR, invariantsFor, PULL_HOURS, SETTINGS, SWEEP_MINUTE } from './yearSettings.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** A Monday. */
const BEGIN = new Date('2030-01-07T00:00:00Z');

export interface YearOptions {
  readonly days: number;
  /** Number of clients of every connected registry. */
  readonly clients: number;
  /** Days for which a credential is valid. */
  readonly lifetime: number;
  readonly seed: number;
  readonly troubles: boolean;
  readonly folder: string;
  readonly tls: string;
  readonly report: (line: string) => void;
}

export interface YearEnd {
  readonly table: string;
  readonly violations: readonly Violation[];
  /** The diary of a client. */
  readonly stories: (client: string) => readonly string[];
  /** The app's log, line by line. */
  readonly appLog: readonly string[];
}

/** Simulates the days of a year for the whole fleet, and observes it. */
export async function runYear({
  days,
  clients: each,
  lifetime,
  seed,
  troubles,
  folder,
  tls,
  report,
}: YearOptions): Promise<YearEnd> {
  const began = performance.now();
  const clients = fleetOf(each);
  const time = standStill(BEGIN);
  const now = (): number => time.clock.now().getTime();
  const verdict = new Verdict(
    () => time.clock.now(),
    ({ at, client, rule, what }) => report(`${at} ${client} breaks a rule (${rule}): ${what}`),
  );
  const pulls = new PullBook(verdict);
  const { writesPerRotation, ...invariants } = invariantsFor(lifetime);
  const rotations = new RotationBook(
    // If answers are lost, calls are repeated.
    { ...invariants, ...(troubles || writesPerRotation === undefined ? {} : { writesPerRotation }) },
    CALENDAR,
    verdict,
  );
  const dice = new Dice(seed);
  const counts = new Map<string, number>();
  let lookout: Lookout | undefined;
  let spoiled: StepTroubles | undefined;
  const world = await startWorld(time, {
    clients,
    folder,
    tls,
    settings: SETTINGS,
    killable: troubles,
    around: (request, answer) => {
      const served = spoiled;
      const inner = served ? (asked: typeof request) => served.around(asked, answer) : answer;
      return lookout ? lookout.around(request, inner) : inner(request);
    },
    deviceLog: (client, message, facts) => verdict.note(client, `agent: ${message} ${JSON.stringify(facts)}`),
  });
  try {
    await onboardAll(world, time, lifetime);
    report(`${clients.length} clients onboarded, ${seconds(began)}`);
    const { registry } = world.cloud.world;
    lookout = new Lookout({
      watch: new CredentialWatch(world.cloud.plane, registry, verdict),
      rotations,
      pulls,
      verdict,
      now,
    });
    lookout.open(registry, world.devices);
    const away = comeAndGo(world.edges, time, dice);
    const { killable } = world;
    if (killable) {
      spoiled = new StepTroubles({
        dice,
        appClientId: world.cloud.world.identities.app.clientId,
        kill: () => killable.kill(),
        counts,
      });
      bringTimedTroubles({
        time,
        dice,
        devices: world.devices,
        edges: REGISTRIES.map(({ name }) => name),
        restartEdge: (name) => world.edges.restart(name),
        counts,
      });
    }

    const end = BEGIN.getTime() + days * 24 * HOUR;
    const pullAt = (at: number): void => {
      time.clock.setTimer(new Date(at), () => {
        for (const device of world.devices) void pulls.pull(device, 'regular', 'every six hours');
        for (let minute = 1; minute < SWEEP_MINUTE; minute += 1)
          time.clock.setTimer(new Date(at + minute * MINUTE), () => undefined);
        if (at < end) pullAt(at + PULL_HOURS * HOUR);
      });
    };
    pullAt(Math.ceil(now() / (PULL_HOURS * HOUR)) * PULL_HOURS * HOUR);
    let moments = 0;
    for (let reportedAt = began; now() < end; moments += 1) {
      await nextMoment(time);
      await lookout.betweenMoments();
      if (performance.now() < reportedAt + 10_000) continue;
      reportedAt = performance.now();
      report(
        `${time.clock.now().toISOString().slice(0, 10)}, ${rotations.rotations.length} rotations, ${seconds(began)}`,
      );
    }
    rotations.close(clients, now());
    const spoils = [...counts].map(([trouble, often]) => `${trouble} ${often}`).join(', ');
    const table = [
      tableOf({
        registries: REGISTRIES,
        clients,
        pulls,
        rotations,
        away,
        verdict,
        unjudged: troubles ? ['writes'] : [],
      }),
      `${days} days, ${moments} moments, ${seconds(began)}, ${processor()} s of processor; seed ${seed}${troubles ? `; ${spoils}` : ''}`,
    ].join('\n');
    return {
      table,
      violations: verdict.violations,
      stories: (client) => verdict.story(client),
      appLog: world.app.log(),
    };
  } finally {
    await world.stop();
  }
}

const seconds = (since: number): string => `${((performance.now() - since) / 1000).toFixed(1)} s`;

/** Seconds of processor time of this process so far. */
function processor(): number {
  const { user, system } = process.cpuUsage();
  return Math.round((user + system) / 1e6);
}
