/**
 * The history of an ended instance in a compact form. It is read only for a status with history, a rewind, or a new
 * run.
 */
import { deflateRawSync, inflateRawSync } from 'node:zlib';

import type { HistoryEvent } from '../history.js';

/** JSON text, or JSON text compressed. */
export type PackedHistory = string | Buffer;

/** Packs a history that no longer grows. */
export const packHistory = (history: readonly HistoryEvent[]): string => JSON.stringify(history);

/** Compresses a packed history. */
export const compressed = (packed: PackedHistory): Buffer =>
  typeof packed === 'string' ? deflateRawSync(packed, { level: 1 }) : packed;

/** The JSON text of a packed history. */
export const packedText = (packed: PackedHistory): string =>
  typeof packed === 'string' ? packed : inflateRawSync(packed).toString('utf8');
