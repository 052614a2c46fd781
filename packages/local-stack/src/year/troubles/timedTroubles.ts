import type { Device } from '../devices.js';
import type { Dice } from '../dice.js';
import type { StandingTime } from '../standingTime.js';
import type { TroubleCounts } from './stepTroubles.js';

const HOUR = 3_600_000;

/** Hours that an agent is up, and then down: less than the overlap that remains after its refresh. */
const UP = [10 * 24, 40 * 24] as const;
const DOWN = [6, 48] as const;
/** Hours between two restarts of a connected registry. */
const EDGE = [5 * 24, 20 * 24] as const;

export interface TimedTroublesOptions {
  readonly time: StandingTime;
  readonly dice: Dice;
  readonly devices: readonly Device[];
  readonly restartEdge: (name: string) => Promise<void>;
  readonly edges: readonly string[];
  readonly counts: TroubleCounts;
}

/** Takes agents down for hours or days, and kills connected registries, at times from the seed. */
export function bringTimedTroubles({ time, dice, devices, restartEdge, edges, counts }: TimedTroublesOptions): void {
  const after = (hours: number, run: () => Promise<void>): void => {
    const at = new Date(time.clock.now().getTime() + hours * HOUR);
    // The clock waits for work in progress; any error ends the year.
    time.clock.setTimer(at, () => void time.clock.working(run()));
  };
  const count = (what: string): void => {
    counts.set(what, (counts.get(what) ?? 0) + 1);
  };
  const fall = (device: Device): void => {
    const { name } = device.client;
    after(dice.whole(`agent ${name} up`, UP), async () => {
      count('agent down');
      await device.stop();
      after(dice.whole(`agent ${name} down`, DOWN), async () => {
        await device.start();
        fall(device);
      });
    });
  };
  const restart = (name: string): void => {
    after(dice.whole(`edge ${name}`, EDGE), async () => {
      count('connected registry killed');
      await restartEdge(name);
      restart(name);
    });
  };
  for (const device of devices) fall(device);
  for (const name of edges) restart(name);
}
