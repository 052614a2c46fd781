import { unpack } from '../scripts/packaging/unpack.mjs';

/** The app under test is the one that is deployed. */
export function setup(): void {
  unpack();
}
