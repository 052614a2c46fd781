import { z } from 'zod';
import { CREDENTIAL_PROMOTED, PULL_CHECK_REQUESTED } from '@connected-registry/protocol/messages/pullCheckMessages';
import type { ReceivedEvent } from '../events.js';

type Json = Record<string, unknown>;

const section = z.record(z.string(), z.unknown());
const twin = z.object({
  desired: section.and(z.object({ $version: z.int() })),
  reported: section.optional().catch(undefined),
});

/** What the hub wants of the device, as far as the agent was told: the whole twin, then what changed of it. */
export interface Desired {
  /** Takes the whole twin; false when it is none. */
  whole(value: unknown): boolean;
  /** Takes a change; false when one before it was missed, and the whole twin is needed. */
  changed(value: unknown, version: number): boolean;
  /** The events that it holds. */
  events(): ReceivedEvent[];
}

/** The check that a twin's reported properties call done, so that a restart does not run it again. */
export interface ReportedCheck {
  operation: string;
  attempt: number;
}

const reportedCheck = z.object({ operation: z.string(), attempt: z.int() });

export function createDesired(): Desired & { reportedCheck(): ReportedCheck | undefined } {
  let values: Json = {};
  let version: number | undefined;
  let check: ReportedCheck | undefined;
  return {
    whole(value) {
      const parsed = twin.safeParse(value);
      if (!parsed.success) return false;
      values = parsed.data.desired;
      version = parsed.data.desired.$version;
      const done = reportedCheck.safeParse(inner(parsed.data.reported?.['connectedRegistry'])['pullCheck']);
      check = done.success ? done.data : undefined;
      return true;
    },
    changed(value, next) {
      // Before the whole twin has come, or older than it: it holds the change already, or will.
      if (version === undefined || next <= version) return true;
      if (next > version + 1) return false;
      values = merged(values, inner(value), 0);
      version = next;
      return true;
    },
    events() {
      const { pullCheck, promoted } = inner(values['connectedRegistry']);
      return [
        ...(pullCheck === undefined ? [] : [{ type: PULL_CHECK_REQUESTED, data: pullCheck }]),
        ...(promoted === undefined ? [] : [{ type: CREDENTIAL_PROMOTED, data: promoted }]),
      ];
    },
    reportedCheck: () => check,
  };
}

/** Twins are nested ten levels deep at most (Azure docs: iot-hub-devguide-device-twins). */
const DEEPEST = 10;

/** Merges as twins do: null removes, an object is merged, anything else replaces. */
function merged(before: Json, change: Json, depth: number): Json {
  const after = new Map(Object.entries(before));
  for (const [name, value] of Object.entries(change)) {
    if (value === null) after.delete(name);
    else if (isObject(value) && depth < DEEPEST) after.set(name, merged(inner(after.get(name)), value, depth + 1));
    else after.set(name, value);
  }
  return Object.fromEntries(after);
}

function inner(value: unknown): Json {
  return isObject(value) ? value : {};
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
