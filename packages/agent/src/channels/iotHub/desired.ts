import { z } from 'zod';
import { isObject } from '@connected-registry/protocol/json/isObject';
import { HUB_KEYS } from '@connected-registry/protocol/enrolment/hubKeys';
import { CREDENTIAL_PROMOTED, PULL_CHECK_REQUESTED } from '@connected-registry/protocol/messages/pullCheckMessages';
import type { ReceivedEvent } from '../events.js';

type Json = Readonly<Record<string, unknown>>;

const section = z.record(z.string(), z.unknown());
const twin = z.object({
  desired: section.and(z.object({ $version: z.int() })),
  reported: section.optional().catch(undefined),
});

/** The desired properties of the device as the agent knows them: the whole twin, and the changes since. */
export interface Desired {
  /** Takes the whole twin. Returns false if the value is not a twin. */
  whole(value: unknown): boolean;
  /** Applies a change. Returns false if an earlier change was missed, so that the whole twin must be read. */
  changed(value: unknown, version: number): boolean;
  /** The events in the desired properties. */
  events(): ReceivedEvent[];
  /** The sealed messages in the desired properties. */
  sealed(): string[];
  reportedCheck(): ReportedCheck | undefined;
  /** The keys that the reported properties have. */
  reportedKeys(): unknown;
}

/** The check that the reported properties mark as done, so that a restart does not run it again. */
export interface ReportedCheck {
  operation: string;
  attempt: number;
}

const reportedCheck = z.object({ operation: z.string(), attempt: z.int() });

/** A sealed message in pieces, since a text in a twin is limited. Others are none. */
const pieces = z.array(z.string()).min(1).max(32);

export function createDesired(): Desired {
  let values: Json = {};
  let version: number | undefined;
  let check: ReportedCheck | undefined;
  let keys: unknown;
  return {
    whole(value) {
      const parsed = twin.safeParse(value);
      if (!parsed.success) return false;
      values = parsed.data.desired;
      version = parsed.data.desired.$version;
      const reported = inner(parsed.data.reported?.[HUB_KEYS.section]);
      keys = reported[HUB_KEYS.property];
      const done = reportedCheck.safeParse(reported['pullCheck']);
      check = done.success ? done.data : undefined;
      return true;
    },
    changed(value, next) {
      // The whole twin has not arrived yet, or is newer: it contains this change or will contain it.
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
    sealed: () =>
      Object.values(inner(inner(values['connectedRegistry'])['sealed'])).flatMap((value) => {
        const { success, data } = pieces.safeParse(value);
        return success ? [data.join('')] : [];
      }),
    reportedCheck: () => check,
    reportedKeys: () => keys,
  };
}

/** Maximum nesting of a twin is ten levels (Azure docs: iot-hub-devguide-device-twins). */
const DEEPEST = 10;

/** Merges as twins do: null removes a property, objects are merged, other values replace. */
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
