import { isObject } from '@connected-registry/protocol/json/isObject';
import type { Names } from './names.js';

/** A difference between an answer and the recorded one. */
export interface Difference {
  /** `minor` differences do not count: they have no meaning for clients, or were not recorded everywhere. */
  readonly kind: 'status' | 'follow' | 'header' | 'body' | 'value' | 'time' | 'order' | 'minor';
  readonly path: string;
  readonly detail: string;
}
type Report = (kind: Difference['kind'], path: string, detail: string) => void;

const kindOf = (value: unknown): string => (value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value);

/** Compares a recorded JSON value with an answered one. */
export function compare(names: Names, recorded: unknown, found: unknown, path: string, report: Report): void {
  if (typeof recorded === 'string' && /^\{e\d+ int\}$/.test(recorded)) {
    if (typeof found !== 'number') report('body', path, `number recorded, ${kindOf(found)} here`);
    return;
  }
  if (kindOf(recorded) !== kindOf(found)) {
    report('body', path, `${kindOf(recorded)} recorded, ${found === undefined ? 'absent' : kindOf(found)} here`);
    return;
  }
  if (Array.isArray(recorded) && Array.isArray(found)) compareList(names, recorded, found, path, report);
  else if (isObject(recorded) && isObject(found)) compareObject(names, recorded, found, path, report);
  else if (typeof recorded === 'string' && typeof found === 'string') {
    for (const what of names.match(recorded, found))
      report(
        /time|digits/.test(what) ? 'time' : 'value',
        path,
        what === 'value' ? `${shown(recorded)} recorded` : what,
      );
  } else if (recorded !== found) report('value', path, `${String(recorded)} recorded, ${String(found)} here`);
}

function compareObject(
  names: Names,
  recorded: Readonly<Record<string, unknown>>,
  found: Readonly<Record<string, unknown>>,
  path: string,
  report: Report,
): void {
  const filled = new Map(Object.entries(recorded).map(([key, one]) => [names.fill(key), one]));
  const label = (key: string): string => `${path === '' ? '' : `${path}.`}${key.includes('/') ? '{id}' : key}`;
  for (const [key, one] of filled) compare(names, one, found[key], label(key), report);
  for (const key of Object.keys(found))
    if (!filled.has(key)) report('body', label(key), `absent in the recording, ${kindOf(found[key])} here`);
}

/** Items with names are compared by name, and their order separately. */
function compareList(names: Names, recorded: unknown[], found: unknown[], path: string, report: Report): void {
  if (recorded.length !== found.length) report('body', path, `${recorded.length} items recorded, ${found.length} here`);
  const order = recorded.map((one) => nameIn(one)).map((name) => (name === undefined ? undefined : names.fill(name)));
  const own = found.map((one) => nameIn(one)?.toLowerCase());
  const byName = order.every((name) => name !== undefined && own.includes(name.toLowerCase()));
  if (byName && order.length === own.length && order.some((name, i) => name?.toLowerCase() !== own[i]))
    report('order', path, 'other order');
  recorded.forEach((one, i) => {
    const at = byName ? own.indexOf(order[i]?.toLowerCase()) : i;
    if (found[at] !== undefined) compare(names, one, found[at], `${path}[]`, report);
  });
}

function nameIn(one: unknown): string | undefined {
  if (!isObject(one)) return typeof one === 'string' ? one : undefined;
  const name = one['name'] ?? one['id'];
  return typeof name === 'string' ? name : undefined;
}

/** Without the numbers, so that differences of one kind are equal. */
function shown(recorded: string): string {
  return recorded.replace(/\{(\w+?)\d+( [^}]*)?\}/g, '{$1}');
}
