import { crc32 } from 'node:zlib';

/** Maximum bytes of a stored deflate block (RFC 1951, 3.2.4). */
const STORED_BLOCK = 65_535;

/**
 * Wraps `data` as gzip with stored blocks, without time and operating system (RFC 1952). The output of a compressor,
 * and with it every digest, would differ between zlib versions; this one is always the same.
 */
export function gzip(data: Buffer): Buffer {
  const parts: Buffer[] = [Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff])];
  let offset = 0;
  do {
    const block = data.subarray(offset, offset + STORED_BLOCK);
    offset += block.length;
    const head = Buffer.alloc(5);
    head.writeUInt8(offset >= data.length ? 1 : 0, 0);
    head.writeUInt16LE(block.length, 1);
    head.writeUInt16LE(block.length ^ 0xffff, 3);
    parts.push(head, block);
  } while (offset < data.length);
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(crc32(data), 0);
  trailer.writeUInt32LE(data.length, 4);
  return Buffer.concat([...parts, trailer]);
}
