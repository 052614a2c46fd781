import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import pixelmatch from 'pixelmatch';
import { PNG } from 'pngjs';

/** Share of the pixels that may differ: another version of Chromium draws letters a little differently. */
export const TOLERANCE = 0.03;
/** How different two colours are that count as different, from 0 to 1. */
const THRESHOLD = 0.2;
/** Bytes of a pixel: red, green, blue and how opaque it is. */
const CHANNELS = 4;

/** Whether pictures are written instead of compared: `npm run picture`. */
const UPDATES = process.env['PICTURES'] === 'write';

/**
 * The picture in half its width and height, each pixel the mean of four: layout and colours are what is compared, and
 * the edges of letters count for less.
 */
export function halved(picture: Uint8Array): Buffer {
  const from = PNG.sync.read(Buffer.from(picture));
  const to = new PNG({ width: Math.floor(from.width / 2), height: Math.floor(from.height / 2) });
  const at = (x: number, y: number, channel: number) => from.data[CHANNELS * (y * from.width + x) + channel] ?? 0;
  for (let y = 0; y < to.height; y += 1)
    for (let x = 0; x < to.width; x += 1)
      for (let channel = 0; channel < CHANNELS; channel += 1) {
        const [left, top] = [2 * x, 2 * y];
        const upper = at(left, top, channel) + at(left + 1, top, channel);
        const lower = at(left, top + 1, channel) + at(left + 1, top + 1, channel);
        to.data[CHANNELS * (y * to.width + x) + channel] = Math.round((upper + lower) / 4);
      }
  return PNG.sync.write(to, { deflateLevel: 9 });
}

/** The share of pixels that differ; 1 for pictures of different sizes. */
export function difference(one: Uint8Array, other: Uint8Array): number {
  const [left, right] = [PNG.sync.read(Buffer.from(one)), PNG.sync.read(Buffer.from(other))];
  const { width, height } = left;
  if (width !== right.width || height !== right.height) return 1;
  return pixelmatch(left.data, right.data, undefined, width, height, { threshold: THRESHOLD }) / (width * height);
}

/** The committed picture, after it was written if that was asked for. @throws if there is none */
export function committed(file: string, picture: Uint8Array): Uint8Array {
  if (UPDATES) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, picture);
  } else if (!existsSync(file)) throw new Error(`There is no picture ${file}: npm run picture writes it.`);
  return readFileSync(file);
}
