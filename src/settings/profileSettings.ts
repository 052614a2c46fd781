import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { parseProfiles } from '../domain/profiles/profileSchema.js';
import type { Profile } from '../domain/profiles/profiles.js';
import { REQUEST_EVENT_KINDS, type RequestEventKind } from '../domain/events/requestEvents.js';

/** The setting PROFILES. */
export const profiles = z.string().transform((text, context): readonly Profile[] => {
  const parsed = parseProfiles(text);
  if ('profiles' in parsed) return parsed.profiles;
  for (const fault of parsed.faults) context.addIssue(fault);
  return z.NEVER;
});

/** The setting REQUEST_EVENTS: kinds of requests that events may make; undefined when it is not set. */
export const requestEvents = z
  .string()
  .optional()
  .transform((text, context): readonly RequestEventKind[] | undefined => {
    if (text === undefined) return undefined;
    const words = text
      .split(',')
      .map((word) => word.trim().toLowerCase())
      .filter(Boolean);
    if (words.length === 1 && words[0] === 'none') return [];
    const kinds = words.flatMap((word) => REQUEST_EVENT_KINDS.find((kind) => kind === word) ?? []);
    if (words.length > 0 && kinds.length === words.length) return [...new Set(kinds)];
    context.addIssue(`must list what events may ask for, of ${REQUEST_EVENT_KINDS.join(', ')}, or be none`);
    return z.NEVER;
  });

/** `NAME.azure-devices.net`, or `name=https://...` when the address does not start with the hub's name. */
const HUB =
  /^(?:(?<name>[A-Za-z0-9-]{3,50})=(?<url>https:\/\/\S+)|(?<host>(?<label>[A-Za-z0-9-]{3,50})(?:\.[a-z0-9-]+)+))$/;

/** The setting IOT_HUBS: base addresses of the hubs' service APIs, by the hub's name in lower case. */
export const hubs = z
  .string()
  .default('')
  .transform((text, context): Readonly<Record<string, string>> => {
    const items = text
      .split(',')
      .map((item) => item.trim())
      .filter(Boolean);
    const found = items.map((item) => HUB.exec(item)?.groups);
    const entries = found.flatMap((groups): [string, string][] => {
      const { name = groups?.['label'], url = `https://${groups?.['host'] ?? ''}` } = groups ?? {};
      return name === undefined || !URL.canParse(url) ? [] : [[name.toLowerCase(), url.replace(/\/+$/, '')]];
    });
    if (entries.length === found.length && new Set(entries.map(([name]) => name)).size === found.length)
      return Object.fromEntries(entries);
    context.addIssue('must list the host names of different IoT Hubs, separated by commas');
    return z.NEVER;
  });

type Given = Readonly<Record<string, string | undefined>>;

/**
 * Reads PROFILES from the file that PROFILES_FILE names.
 * @returns the settings with PROFILES, or the problem as a text.
 */
export function withProfilesFile(given: Given): Given | string {
  const { PROFILES_FILE: file, ...rest } = given;
  if (file === undefined) return rest;
  if (rest['PROFILES'] !== undefined)
    return 'settings PROFILES and PROFILES_FILE must not both be there: leave one out';
  try {
    return { ...rest, PROFILES: readFileSync(file, 'utf8') };
  } catch {
    return 'setting PROFILES_FILE must be the path of a file that the app can read';
  }
}
