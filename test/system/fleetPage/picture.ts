import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import pixelmatch from 'pixelmatch';
import { PNG } from 'pngjs';

/** Share of the pixels that may differ: another version of Chromium draws letters a little differently. */
export const TOLERANCE = 0.03;
/** How different two colours are that count as different, from 0 to 1. */
const THRESHOLD = 0.3;

/** Whether pictures are written instead of compared: `npm run picture`. */
export const UPDATES = process.env['PICTURES'] === 'write';

/** The share of pixels that differ; 1 for pictures of different sizes. */
export function difference(one: Uint8Array, other: Uint8Array): number {
  const [left, right] = [PNG.sync.read(Buffer.from(one)), PNG.sync.read(Buffer.from(other))];
  const { width, height } = left;
  if (width !== right.width || height !== right.height) return 1;
  return pixelmatch(left.data, right.data, undefined, width, height, { threshold: THRESHOLD }) / (width * height);
}

/**
 * The difference of a screenshot from the committed picture, which is written first if that was asked for.
 *
 * @throws if there is no such picture
 */
export function differenceFrom(file: string, shot: Uint8Array): number {
  if (UPDATES) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, PNG.sync.write(PNG.sync.read(Buffer.from(shot)), { deflateLevel: 9 }));
  } else if (!existsSync(file)) throw new Error(`There is no picture ${file}: npm run picture writes it.`);
  return difference(readFileSync(file), shot);
}
