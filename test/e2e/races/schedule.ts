import { SeededRandom } from './seededRandom.js';

/** Something that happens at a time of a schedule, in milliseconds from its start. */
export type Happening =
  /** Events of these numbers are published in one batch, in this order; a number that comes again is the same event. */
  | { readonly at: number; readonly what: 'events'; readonly events: readonly ScheduledEvent[] }
  /** An operator asks for the same, or for something else, over HTTP. */
  | { readonly at: number; readonly what: 'request'; readonly client: number; readonly days: number }
  | { readonly at: number; readonly what: 'cancel'; readonly client: number }
  | { readonly at: number; readonly what: 'rotate'; readonly client: number; readonly urgent: boolean }
  | { readonly at: number; readonly what: 'offboard' | 'revoke'; readonly client: number }
  | { readonly at: number; readonly what: 'kill' }
  /** Somebody else replaces the client list by what it was `stale` milliseconds ago. */
  | { readonly at: number; readonly what: 'overwrite'; readonly stale: number }
  /** Somebody else makes a scope map and a token of their own. */
  | { readonly at: number; readonly what: 'foreignToken' };

export interface ScheduledEvent {
  readonly id: number;
  readonly client: number;
}

export interface Schedule {
  readonly seed: number;
  /** Begins its clients' names. */
  readonly name: string;
  /** Whether its events tell when they were made, as some senders' do not. */
  readonly hasTimes: boolean;
  readonly clients: number;
  readonly happenings: readonly Happening[];
}

/** What an operator wants of a client at last, when everything else has been said. */
export type FinalRequest = 'offboard' | 'revoke' | 'nothing';

/** A schedule in which operators also rotate, offboard and revoke. */
export interface MixedSchedule extends Schedule {
  /** One for each client. */
  readonly finalRequests: readonly FinalRequest[];
}

/** Milliseconds within which all of a schedule happens. */
const SPAN = 2500;
export const DEFAULT_DAYS = 90;

/** The schedule of a seed: always the same. */
export function scheduleOf(seed: number): Schedule {
  const random = new SeededRandom(seed);
  const clients = random.whole(2, 4);
  const happenings: Happening[] = [];
  const sometime = (): number => random.whole(0, SPAN);

  const events = Array.from({ length: clients }, (_, client) => client).flatMap((client) => {
    const different = random.whole(1, 2);
    return Array.from({ length: different }, (_, n) => ({ id: client * 10 + n, client }));
  });
  const delivered = random.shuffled(events.flatMap((event) => Array<ScheduledEvent>(random.whole(1, 3)).fill(event)));
  while (delivered.length > 0)
    happenings.push({ at: sometime(), what: 'events', events: delivered.splice(0, random.whole(1, 4)) });

  const requests = random.whole(0, 3);
  for (let n = 0; n < requests; n++) {
    const days = random.chance(0.5) ? DEFAULT_DAYS : 120;
    happenings.push({ at: sometime(), what: 'request', client: random.whole(0, clients - 1), days });
  }
  if (random.chance(0.3)) happenings.push({ at: sometime(), what: 'cancel', client: random.whole(0, clients - 1) });
  const kills = random.whole(0, 2);
  for (let n = 0; n < kills; n++) happenings.push({ at: sometime(), what: 'kill' });
  const overwrites = random.whole(0, 2);
  for (let n = 0; n < overwrites; n++)
    happenings.push({ at: sometime(), what: 'overwrite', stale: random.whole(0, 800) });
  if (random.chance(0.5)) happenings.push({ at: sometime(), what: 'foreignToken' });
  return {
    seed,
    name: `seed${seed}`,
    hasTimes: false,
    clients,
    happenings: happenings.toSorted((left, right) => left.at - right.at),
  };
}

/** The same with what other operators do to the same clients at the same time; always the same for a seed. */
export function mixedScheduleOf(seed: number): MixedSchedule {
  const schedule = scheduleOf(seed);
  const random = new SeededRandom(seed ^ 0x5bd1e995);
  const happenings: Happening[] = [...schedule.happenings];
  const some = random.whole(1, 5);
  for (let n = 0; n < some; n++) {
    const at = random.whole(0, SPAN);
    const client = random.whole(0, schedule.clients - 1);
    const which = random.whole(0, 3);
    if (which <= 1) happenings.push({ at, what: 'rotate', client, urgent: which === 1 });
    else happenings.push({ at, what: which === 2 ? 'offboard' : 'revoke', client });
  }
  const finalRequests = Array.from({ length: schedule.clients }, (): FinalRequest => {
    const which = random.whole(0, 3);
    return which === 0 ? 'offboard' : which === 1 ? 'revoke' : 'nothing';
  });
  return {
    ...schedule,
    name: `mixed${seed}`,
    hasTimes: true,
    happenings: happenings.toSorted((left, right) => left.at - right.at),
    finalRequests,
  };
}
