/** What the durable engine needs of a store: an append-only list of records, and to know which are safe. */

/** See the file's comment. All methods but `close` may be called at any time. */
export interface Journal {
  /** Adds a record and answers its number; numbers count up by one. */
  append(payload: string): number;
  /**
   * Resolves when the record with this number, and all before it, cannot be lost any more, however long the disk is full
   * until then.
   */
  durable(seq: number): Promise<void>;
  /** The same for somebody who waits for an answer: rejects as soon as the disk refuses a write. The record stays to be written. */
  confirmed(seq: number): Promise<void>;
  /** Throws while the disk is full; it is tried once more for that. */
  checkSpace(): void;
  /** Bytes that a start would have to read. */
  readonly bytes: number;
  /** Opens a new segment: records from now on do not need the ones before once `dropOldSegments` was called. */
  rotate(): Promise<void>;
  /** Deletes the segments before the last `rotate`; call it when everything that they held stands in the new one. */
  dropOldSegments(): Promise<void>;
  /** Rejects or resolves when everything is on disk, and gives the folder free. */
  close(): Promise<void>;
  /** Called once when writing fails for good; nothing is safe from then on. */
  onFailure: ((error: Error) => void) | undefined;
  /** Called when the disk is full, and without an error when there is space again. */
  onSpace: ((error: Error | undefined) => void) | undefined;
}

/** Called for each record that a journal holds, in their order. */
export type RecordReader = (payload: string, seq: number) => void;

/** A store that forgets: for tests, and for apps that need no memory over restarts. */
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
