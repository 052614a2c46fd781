export interface TarFile {
  path: string;
  content: Buffer;
}

const BLOCK = 512;

/**
 * Packs regular files as a POSIX ustar archive, owned by root, mode 0644, dated 1970-01-01, so that equal files give
 * equal bytes. Maximum length of a path is 100 bytes (the header's name field).
 */
export function tar(files: readonly TarFile[]): Buffer {
  const parts: Buffer[] = [];
  for (const file of files) {
    parts.push(header(file), file.content, Buffer.alloc(padding(file.content.length)));
  }
  parts.push(Buffer.alloc(2 * BLOCK));
  return Buffer.concat(parts);
}

function padding(length: number): number {
  return (BLOCK - (length % BLOCK)) % BLOCK;
}

function header({ path, content }: TarFile): Buffer {
  const block = Buffer.alloc(BLOCK);
  const field = (text: string, offset: number) => block.write(text, offset, 'ascii');
  const octal = (value: number, digits: number) => `${value.toString(8).padStart(digits, '0')}\0`;
  if (Buffer.byteLength(path) > 100) throw new Error(`path too long for a ustar header: ${path}`);
  field(path, 0);
  field(octal(0o644, 7), 100);
  field(octal(0, 7), 108);
  field(octal(0, 7), 116);
  field(octal(content.length, 11), 124);
  field(octal(0, 11), 136);
  field('        ', 148); // The checksum is computed with its own field as blanks.
  field('0', 156);
  field('ustar\x0000', 257);
  const checksum = block.reduce((sum, byte) => sum + byte, 0);
  field(`${checksum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}
