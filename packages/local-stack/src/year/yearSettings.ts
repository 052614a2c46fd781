import { UNTHROTTLED } from '../stack/unthrottled.js';
import { WEEKENDS } from './observers/freezeCalendar.js';
import type { Invariants } from './observers/rotationBook.js';

/** Hours between two refreshes of a secret by an agent. */
export const REFRESH_HOURS = 48;
/** Hours between two pulls of a client. */
export const PULL_HOURS = 6;

/** Default lifetime of a credential. */
export const LIFETIME_DAYS = 90;
const SPREAD_DAYS = 7;
const WAVE_SIZE = 5;
const WAVE_SECONDS = 3600;

/**
 * Minute of the hour in which the app sweeps. The clock jumps over syncs that nothing waits for, so the cloud has not
 * received them; a nested connected registry is reported by the second sync of its parent. On the hour the clients
 * pull, and every minute from then to this one is a moment of the simulation, whose syncs report what the jump has left
 * out.
 */
export const SWEEP_MINUTE = 2;

/** The app's settings in the year that differ from its defaults. */
export const SETTINGS: Readonly<Record<string, string>> = {
  ...UNTHROTTLED,
  ROTATE_AFTER: '2/3',
  ROTATION_SPREAD_HOURS: String(SPREAD_DAYS * 24),
  // Every six hours: after 18:00 and after midnight are early enough for a night's syncs.
  ROTATION_SWEEP_SCHEDULE: `0 ${SWEEP_MINUTE} */6 * * *`,
  ROTATION_WAVE_SIZE: String(WAVE_SIZE),
  ROTATION_WAVE_SECONDS: String(WAVE_SECONDS),
  ROTATION_FREEZE_WINDOWS: WEEKENDS.setting,
  OVERLAP_SECONDS: String(3 * 86_400),
  AGENT_REFRESH_SECONDS: String(REFRESH_HOURS * 3600),
};

export const CALENDAR = WEEKENDS;

/** A weekend, an offline time of the same length, and the night until the next sync. */
const GRACE_DAYS = 7;

/** Shortest lifetime with which a rotation that is due ends in time: its last third holds the spread and the grace. */
export const MIN_LIFETIME_DAYS = 3 * (SPREAD_DAYS + GRACE_DAYS);

/** What those settings guarantee for credentials of this lifetime. */
export const invariantsFor = (lifetimeDays: number): Invariants => ({
  lifetimeDays,
  dueDays: (lifetimeDays * 2) / 3 + SPREAD_DAYS,
  graceDays: GRACE_DAYS,
  waveSize: WAVE_SIZE,
  waveSeconds: WAVE_SECONDS,
  writesPerRotation: 2,
});
