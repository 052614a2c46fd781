/**
 * Histories of ended instances, stored compactly: first as JSON text, and compressed once many more instances have
 * ended. They are read only for a status with history, a rewind or a checkpoint.
 */
import { deflateRawSync, inflateRawSync } from 'node:zlib';

import type { HistoryEvent } from '../history.js';

/** A history that no longer grows. */
export type PackedHistory = string | Buffer;

const uncompressed = 1000;

/** Packs a history. */
export const packHistory = (history: readonly HistoryEvent[]): string => JSON.stringify(history);

/** The JSON text of a packed history. */
export const packedText = (packed: PackedHistory): string =>
  typeof packed === 'string' ? packed : inflateRawSync(packed).toString('utf8');

/** Compresses the histories of the instances that ended longest ago. */
export class PastHistories {
  #recent: { packed: PackedHistory | undefined }[] = [];
  #next = 0;

  /** Records an instance that has just been packed. */
  add(instance: { packed: PackedHistory | undefined }): void {
    this.#recent.push(instance);
    if (this.#recent.length - this.#next <= uncompressed) return;
    const oldest = this.#recent[this.#next];
    this.#next += 1;
    if (typeof oldest?.packed === 'string') oldest.packed = deflateRawSync(oldest.packed, { level: 1 });
    if (this.#next < uncompressed) return;
    this.#recent = this.#recent.slice(this.#next);
    this.#next = 0;
  }
}
