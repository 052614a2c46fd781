/** Where two views differ. */
import { isDeepStrictEqual } from 'node:util';

export interface Difference {
  readonly path: string;
  readonly real: unknown;
  readonly local: unknown;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((entry) => typeof entry === 'string');

/** Lists of texts are sets of events: what only one of them has counts. */
export function differences(real: unknown, local: unknown, path = ''): Difference[] {
  if (isDeepStrictEqual(real, local)) return [];
  if (isTexts(real) && isTexts(local)) {
    const [onlyReal, onlyLocal] = [without(real, local), without(local, real)];
    const length = Math.max(onlyReal.length, onlyLocal.length);
    return Array.from({ length }, (_, index) => ({
      path: `${path}/*`,
      real: onlyReal[index],
      local: onlyLocal[index],
    }));
  }
  if (isObject(real) && isObject(local)) {
    const names = [...new Set([...Object.keys(real), ...Object.keys(local)])];
    return names.flatMap((name) => differences(real[name], local[name], `${path}/${name}`));
  }
  if (Array.isArray(real) && Array.isArray(local) && real.length === local.length)
    return real.flatMap((entry, index) => differences(entry, local[index], `${path}/${index}`));
  return [{ path, real, local }];
}

function without(texts: readonly string[], others: readonly string[]): string[] {
  const rest = [...others];
  return texts.filter((text) => {
    const index = rest.indexOf(text);
    if (index >= 0) rest.splice(index, 1);
    return index < 0;
  });
}
