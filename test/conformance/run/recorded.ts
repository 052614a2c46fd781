/**
 * The recorded views, kept small: texts of events that stand in many histories are written once and referred to by
 * their number.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import type { View } from './view.js';

const file = fileURLToPath(new URL('../recorded/cases.json', import.meta.url));

interface Stored {
  events: string[];
  cases: Record<string, unknown>;
}

const lists = new Set(['history', 'historyEvents']);

/** Replaces event texts by numbers, or numbers by texts. */
function mapped(value: unknown, change: (entry: unknown) => unknown, isList = false): unknown {
  if (Array.isArray(value)) return value.map((entry) => (isList ? change(entry) : mapped(entry, change)));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, mapped(inner, change, lists.has(name))]),
  );
}

/** All recorded views by the case's name. */
export function readRecorded(): Map<string, View> {
  const { events, cases } = JSON.parse(readFileSync(file, 'utf8')) as Stored;
  return new Map(
    Object.entries(cases).map(([name, stored]) => [
      name,
      mapped(stored, (entry) => (typeof entry === 'number' ? events[entry] : entry)) as View,
    ]),
  );
}

/** Writes views, one case a line. */
export function writeRecorded(views: ReadonlyMap<string, View>): void {
  const numbers = new Map<unknown, number>();
  const number = (entry: unknown): unknown => {
    if (typeof entry !== 'string') return entry;
    const known = numbers.get(entry) ?? numbers.size;
    numbers.set(entry, known);
    return known;
  };
  const cases = [...views].map(([name, view]) => `${JSON.stringify(name)}:${JSON.stringify(mapped(view, number))}`);
  const events = [...numbers.keys()].map((text) => JSON.stringify(text));
  writeFileSync(file, `{"events":[\n${events.join(',\n')}\n],\n"cases":{\n${cases.join(',\n')}\n}}\n`);
}
