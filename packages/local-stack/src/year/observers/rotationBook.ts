import type { PlannedClient } from '../fleet.js';
import type { Change } from './credentialWatch.js';
import type { FreezeCalendar } from './freezeCalendar.js';
import type { Verdict } from './verdict.js';

const DAY = 86_400_000;

/** What the settings guarantee, in the units of their names. */
export interface Invariants {
  readonly lifetimeDays: number;
  /** A rotation is due within this time, its spread included. */
  readonly dueDays: number;
  /** How much later it may be: offline and frozen times, and the time until the next sync. */
  readonly graceDays: number;
  readonly waveSize: number;
  readonly waveSeconds: number;
  /** Checked only without troubles: if calls are lost, some are repeated. */
  readonly writesPerRotation?: number;
}

/** A rotation from its first new password on. */
export interface Rotation {
  readonly client: PlannedClient;
  readonly startedAt: number;
  readonly slot: string;
  writes: number;
  /** Days for which the previous password was still valid at the promotion. */
  daysLeft?: number;
  endedAt?: number;
  end?: 'promoted' | 'given up';
}

interface Current {
  readonly issuedAt: number;
  readonly expires: number;
}

/** Records every rotation of the year, and checks the guarantees. */
export class RotationBook {
  readonly rotations: Rotation[] = [];
  readonly #current = new Map<string, Current>();
  readonly #issued = new Map<string, number>();
  readonly #latest = new Map<string, Rotation>();
  maxAtOnce = 0;

  constructor(
    private readonly invariants: Invariants,
    private readonly calendar: FreezeCalendar,
    private readonly verdict: Verdict,
  ) {}

  /** Records one ARM write of the app for this client, after its effect: it belongs to the rotation that it started. */
  write(client: PlannedClient): void {
    const rotation = this.#latest.get(client.name);
    if (rotation) rotation.writes += 1;
  }

  /** Whether a client's rotation is in progress, from its first new password to its promotion. */
  isUnderWay(client: PlannedClient): boolean {
    const rotation = this.#latest.get(client.name);
    return rotation !== undefined && rotation.endedAt === undefined;
  }

  take(client: PlannedClient, change: Change, now: number): void {
    switch (change.kind) {
      case 'generated':
        this.#issued.set(client.name, now);
        if (this.#current.has(client.name) && !this.isUnderWay(client)) this.#start(client, change.slot, now);
        break;
      case 'promoted':
        this.#promoted(client, change.expires, now);
        break;
      case 'cleared':
        this.#cleared(client, change.slot, now);
        break;
    }
  }

  /** Checks at the end of the year which clients were not rotated. */
  close(clients: readonly PlannedClient[], now: number): void {
    for (const client of clients) {
      const rotation = this.#latest.get(client.name);
      if (rotation) this.#judgeWrites(rotation);
      const current = this.#current.get(client.name);
      if (!current) this.verdict.against('inTime', client.name, 'it has no credential');
      else this.#judgeAge(client, current, now, 'still');
    }
  }

  #start(client: PlannedClient, slot: string, now: number): void {
    const before = this.#latest.get(client.name);
    if (before) this.#judgeWrites(before);
    const rotation: Rotation = { client, startedAt: now, slot, writes: 0 };
    this.#latest.set(client.name, rotation);
    this.rotations.push(rotation);
    this.verdict.note(client.name, `rotation started with ${slot}`);
    if (this.calendar.isFrozen(now)) this.verdict.against('freeze', client.name, 'a rotation began in a freeze window');
    const open = this.rotations.filter(({ endedAt }) => endedAt === undefined);
    this.maxAtOnce = Math.max(this.maxAtOnce, open.length);
    const wave = open.filter(({ startedAt }) => now - startedAt < this.invariants.waveSeconds * 1000);
    if (wave.length > this.invariants.waveSize)
      this.verdict.against(
        'waves',
        client.name,
        `it is number ${wave.length} of a wave of ${this.invariants.waveSize}`,
      );
  }

  #promoted(client: PlannedClient, expires: number, now: number): void {
    const before = this.#current.get(client.name);
    if (before) this.#judgeAge(client, before, now, 'only now');
    this.#current.set(client.name, { issuedAt: this.#issued.get(client.name) ?? now, expires });
    const rotation = this.#latest.get(client.name);
    if (rotation && rotation.endedAt === undefined)
      Object.assign(rotation, { endedAt: now, end: 'promoted', daysLeft: ((before?.expires ?? now) - now) / DAY });
    this.verdict.note(client.name, `promoted, good until ${new Date(expires).toISOString()}`);
  }

  #cleared(client: PlannedClient, slot: string, now: number): void {
    this.verdict.note(client.name, `${slot} cleared`);
    const rotation = this.#latest.get(client.name);
    if (rotation && rotation.endedAt === undefined && rotation.slot === slot)
      Object.assign(rotation, { endedAt: now, end: 'given up' });
    else if (this.calendar.isFrozen(now))
      this.verdict.against('freeze', client.name, `${slot} was revoked in a freeze window`);
  }

  #judgeAge(client: PlannedClient, current: Current, now: number, when: string): void {
    const { dueDays, graceDays } = this.invariants;
    const days = (now - current.issuedAt) / DAY;
    if (now >= current.expires) this.verdict.against('inTime', client.name, `${when} rotated, after its end`);
    else if (days > dueDays + graceDays)
      this.verdict.against('inTime', client.name, `${when} rotated, ${days.toFixed(1)} days after it was issued`);
  }

  #judgeWrites({ client, writes }: Rotation): void {
    const max = this.invariants.writesPerRotation;
    if (max !== undefined && writes > max)
      this.verdict.against('writes', client.name, `${writes} ARM writes for one rotation`);
  }
}
