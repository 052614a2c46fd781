import type { Dice } from './dice.js';
import type { Edges } from './edges.js';
import { REGISTRIES } from './fleet.js';
import type { StandingTime } from './standingTime.js';

const HOUR = 3_600_000;

/** Hours that a connected registry is online, and then offline. */
const ONLINE = [24, 168] as const;
const OFFLINE = [6, 60] as const;

/**
 * Disconnects and reconnects the connected registries that are often offline, at times from the seed.
 * @returns hours that each was offline, by name
 */
export function comeAndGo(edges: Edges, { clock }: StandingTime, dice: Dice): ReadonlyMap<string, number> {
  const away = new Map<string, number>();
  const after = (hours: number, run: () => Promise<void>): void => {
    clock.setTimer(new Date(clock.now().getTime() + hours * HOUR), () => void clock.working(run()));
  };
  const leave = (name: string): void => {
    after(dice.whole(`${name} online`, ONLINE), async () => {
      const hours = dice.whole(`${name} offline`, OFFLINE);
      away.set(name, (away.get(name) ?? 0) + hours);
      await setOffline(edges.hostOf(name), true);
      after(hours, async () => {
        await setOffline(edges.hostOf(name), false);
        leave(name);
      });
    });
  };
  for (const { name, oftenOffline } of REGISTRIES) if (oftenOffline === true) leave(name);
  return away;
}

async function setOffline(host: string, offline: boolean): Promise<void> {
  const body = JSON.stringify({ offline });
  const answer = await fetch(`http://${host}/_control/offline`, { method: 'POST', body });
  if (!answer.ok) throw new Error(`A connected registry did not take ${body}: ${answer.status}.`);
}
