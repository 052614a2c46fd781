/**
 * The index of the finished instances whose state is in the archive: of each what starts and queries need, and the
 * place of the rest.
 */
import type { Place } from '../../store/archive.js';
import type { Outline, RuntimeStatus } from './instance.js';
import { statusNames, type ArchiveEntry } from './records.js';

/** One instance. There may be a hundred thousand of them, so it has few fields. */
export class ArchivedInstance implements Outline, Place {
  readonly id: string;
  readonly status: RuntimeStatus;
  readonly created: number;
  readonly generation: number | null;
  readonly segment: number;
  readonly offset: number;
  readonly length: number;

  constructor({ i, s, c, g, p: [segment, offset, length] }: ArchiveEntry) {
    this.id = i;
    const status = statusNames[s];
    if (status === undefined) throw new Error(`The journal has instance '${i}' with the unknown status ${s}.`);
    this.status = status;
    this.created = c;
    this.generation = g;
    this.segment = segment;
    this.offset = offset;
    this.length = length;
  }

  /** An instance ends by a turn, or is cancelled by a client who sees it. */
  get isVisible(): true {
    return true;
  }

  /** Its entry in the journal. */
  get entry(): ArchiveEntry {
    return entryOf(this.id, this, this);
  }
}

/** The entry of an instance whose state is at a place of the archive. */
export const entryOf = (
  id: string,
  { status, created, generation }: Pick<Outline, 'status' | 'created' | 'generation'>,
  { segment, offset, length }: Place,
): ArchiveEntry => ({
  i: id,
  s: statusNames.indexOf(status),
  c: created,
  g: generation,
  p: [segment, offset, length],
});

/** All archived instances by their ids. */
export class ArchivedInstances {
  readonly #byId = new Map<string, ArchivedInstance>();
  /** Bytes in use, by the number of the archive's file. */
  readonly #used = new Map<number, number>();

  get size(): number {
    return this.#byId.size;
  }

  get(id: string): ArchivedInstance | undefined {
    return this.#byId.get(id);
  }

  /** Adds an instance, or puts it in another place. */
  set(instance: ArchivedInstance): void {
    this.delete(instance.id);
    this.#byId.set(instance.id, instance);
    this.#use(instance.segment, instance.length);
  }

  /** @returns whether it was there */
  delete(id: string): boolean {
    const instance = this.#byId.get(id);
    if (instance === undefined) return false;
    this.#use(instance.segment, -instance.length);
    return this.#byId.delete(id);
  }

  /** Places of all instances. */
  places(): Iterable<Place> {
    return this.#byId.values();
  }

  /** Bytes of a file of the archive that are in use. */
  used(segment: number): number {
    return this.#used.get(segment) ?? 0;
  }

  /** The instances in a file of the archive. */
  in(segment: number): ArchivedInstance[] {
    const found: ArchivedInstance[] = [];
    for (const instance of this.#byId.values()) if (instance.segment === segment) found.push(instance);
    return found;
  }

  #use(segment: number, bytes: number): void {
    const used = this.used(segment) + bytes;
    if (used === 0) this.#used.delete(segment);
    else this.#used.set(segment, used);
  }
}
