/**
 * One record of the journal on disk: a header of 24 bytes, then the payload.
 *
 * | bytes | meaning |
 * |---|---|
 * | 4 | a fixed mark, by which records are found again behind a damaged one |
 * | 4 | length of the payload |
 * | 6 | number of the record; a marker (length 0) carries the number of the record before it |
 * | 6 | number up to which records were known to be on disk when this one was written |
 * | 4 | CRC-32 of the 16 bytes before it, and of the payload |
 *
 * The fourth field tells a torn write from damage: what a later record knows to have been on disk cannot be missing.
 */
import { crc32 } from 'node:zlib';

export const headerLength = 24;

/** Maximum payload. A greater length counts as damage. */
const maxPayload = 512 * 1024 * 1024;

const mark = Buffer.from([0x9e, 0x4a, 0x72, 0x31]);

/** A frame as read. */
export interface Frame {
  readonly seq: number;
  /** Records up to this number were on disk when the frame was written. */
  readonly durable: number;
  readonly payload: Buffer;
  /** Of header and payload together. */
  readonly length: number;
}

/** Encodes a record with its header in one buffer. */
export function encodeFrame(seq: number, durable: number, payload: string): Buffer {
  const length = Buffer.byteLength(payload, 'utf8');
  const frame = Buffer.allocUnsafe(headerLength + length);
  mark.copy(frame, 0);
  frame.writeUInt32LE(length, 4);
  frame.writeUIntLE(seq, 8, 6);
  frame.writeUIntLE(durable, 14, 6);
  frame.write(payload, headerLength, 'utf8');
  frame.writeUInt32LE(checksum(frame, length), 20);
  return frame;
}

const checksum = (frame: Buffer, length: number): number =>
  crc32(frame.subarray(headerLength, headerLength + length), crc32(frame.subarray(4, 20)));

/**
 * Decodes the frame at an offset. Returns 'short' if the buffer ends too early, and 'bad' if there is no frame or its
 * checksum is wrong.
 */
export function decodeFrame(buffer: Buffer, offset: number): Frame | 'short' | 'bad' {
  if (buffer.length - offset < headerLength) return 'short';
  if (buffer.compare(mark, 0, 4, offset, offset + 4) !== 0) return 'bad';
  const length = buffer.readUInt32LE(offset + 4);
  if (length > maxPayload) return 'bad';
  if (buffer.length - offset < headerLength + length) return 'short';
  const frame = buffer.subarray(offset, offset + headerLength + length);
  if (checksum(frame, length) !== frame.readUInt32LE(20)) return 'bad';
  return {
    seq: frame.readUIntLE(8, 6),
    durable: frame.readUIntLE(14, 6),
    payload: frame.subarray(headerLength),
    length: frame.length,
  };
}

/** The next offset where a frame may start; -1 if there is none. */
export const nextMark = (buffer: Buffer, offset: number): number => buffer.indexOf(mark, offset);
