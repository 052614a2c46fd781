/**
 * The id of a run as callers see it: `{instance}.{run}`. Instance ids contain `[a-z0-9-]` only, so the dot separates
 * the two.
 */
export interface OperationId {
  readonly instance: string;
  readonly run: string;
}

/** Also the pattern of the API's parameter. */
export const OPERATION_ID = /^(?<instance>[a-z0-9-]{1,100})\.(?<run>[a-z0-9]{1,32})$/;

export function formatOperationId(id: OperationId): string {
  return `${id.instance}.${id.run}`;
}

export function parseOperationId(text: string): OperationId | undefined {
  const groups = OPERATION_ID.exec(text)?.groups;
  const { instance, run } = groups ?? {};
  return instance && run ? { instance, run } : undefined;
}

/**
 * Creates a run id: the instant in base 36, so that ids sort by time, and 32 random bits.
 * @param random at least four bytes
 */
export function newRunId(now: Date, random: Uint8Array): string {
  const suffix = Buffer.from(random.subarray(0, 4)).readUInt32BE(0).toString(36).padStart(7, '0');
  return now.getTime().toString(36).padStart(9, '0') + suffix;
}

/** The random part of a run id, which is the same whatever its instant. */
export function randomOf(run: string): string {
  return run.slice(9);
}

/** The instant in a run id (ISO 8601); undefined if the text is not a run id. */
export function instantOf(run: string): string | undefined {
  const instant = Number.parseInt(run.slice(0, 9), 36);
  return Number.isFinite(instant) ? new Date(instant).toISOString() : undefined;
}

/** Whether a run id may have been created by `now`: its instant is not in the future, apart from clock differences. */
export function beganBy(run: string, now: Date): boolean {
  const instant = Number.parseInt(run.slice(0, 9), 36);
  return Number.isFinite(instant) && instant <= now.getTime() + CLOCK_SKEW;
}

/** Maximum difference between the clocks of the app's instances, in milliseconds. */
const CLOCK_SKEW = 60_000;
