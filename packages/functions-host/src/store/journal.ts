/** The store of the durable engine: an append-only list of records, and which of them are safe. */

/** A journal. All methods except `close` may be called at any time. */
export interface Journal {
  /** Appends a record and returns its number; numbers increase by one. */
  append(payload: string): number;
  /**
   * Resolves when the record with this number, and all before it, cannot be lost any more, however long the disk is
   * full.
   */
  durable(seq: number): Promise<void>;
  /**
   * The same for a caller that waits for an answer: rejects as soon as the disk refuses a write. The record is still
   * written later.
   */
  confirmed(seq: number): Promise<void>;
  /** Throws if the disk is full, after another attempt. */
  checkSpace(): void;
  /** Bytes that a start would read. */
  readonly bytes: number;
  /** Opens a new segment. Records from now on do not need the earlier ones, once `dropOldSegments` was called. */
  rotate(): Promise<void>;
  /** Deletes the segments before the last `rotate`. Call it when the new segment contains everything that they held. */
  dropOldSegments(): Promise<void>;
  /** Resolves when everything is on disk, or rejects, and unlocks the folder. */
  close(): Promise<void>;
  /** Called once when writing fails for good. Nothing is safe from then on. */
  onFailure: ((error: Error) => void) | undefined;
  /** Called when the disk is full, and without an error when there is space again. */
  onSpace: ((error: Error | undefined) => void) | undefined;
}

/** Called for each record of a journal, in order. */
export type RecordReader = (payload: string, seq: number) => void;

/** A store without persistence: for tests, and for apps that need no memory across restarts. */
export function memoryJournal(): Journal {
  let seq = 0;
  return {
    append: () => (seq += 1),
    durable: () => Promise.resolve(),
    confirmed: () => Promise.resolve(),
    checkSpace: () => undefined,
    bytes: 0,
    rotate: () => Promise.resolve(),
    dropOldSegments: () => Promise.resolve(),
    close: () => Promise.resolve(),
    onFailure: undefined,
    onSpace: undefined,
  };
}
