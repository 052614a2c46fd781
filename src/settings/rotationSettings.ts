import { z } from 'zod';
import {
  FREEZE_WINDOW_FORM,
  longestFreezeSeconds,
  MAX_FREEZE_SECONDS,
  neverThaws,
  parseFreezeWindow,
} from '../domain/schedules/freezeWindows.js';
import { CREDENTIAL_LIFETIME_DAYS, minLifetimeDays } from '@connected-registry/protocol/requests/lifetimes';
import { lifetimeMarks, type RotateAfter, type RotationPolicy } from '../domain/rotation/rotationPolicy.js';
import { CONTINUOUS_GAP_SECONDS } from '@connected-registry/protocol/registry/syncSchedule';
import { hostSchedule, readHostSchedule } from './scheduleSettings.js';
import { flag, whole } from './settingKinds.js';

const day = 86_400;

const rotateAfter = z.string().transform((text, context): RotateAfter => {
  const { part, whole: all, days } = /^(?:(?<part>\d+)\/(?<whole>\d+)|(?<days>\d+)d)$/.exec(text)?.groups ?? {};
  const of = Number(part) / Number(all);
  if (days !== undefined && Number(days) > 0) return { kind: 'days', days: Number(days) };
  if (part !== undefined && of > 0 && of < 1) return { kind: 'share', of };
  context.addIssue('must be a share of the life below one, such as 2/3, or days, such as 60d');
  return z.NEVER;
});

const freezeWindows = z
  .string()
  .default('')
  .transform((text, context) => {
    const parts = text
      .split(';')
      .map((part) => part.trim())
      .filter(Boolean);
    const windows = parts.flatMap((part) => parseFreezeWindow(part) ?? []);
    if (windows.length !== parts.length)
      context.addIssue(`must hold windows of the form ${FREEZE_WINDOW_FORM}, separated by semicolons`);
    else if (longestFreezeSeconds(windows) > MAX_FREEZE_SECONDS)
      context.addIssue(`must hold no window longer than ${MAX_FREEZE_SECONDS / day} days`);
    else if (neverThaws(windows)) context.addIssue('must leave time between its windows, or nothing is ever rotated');
    else return windows;
    return z.NEVER;
  });

/** The settings of credentials' lifetimes and rotation. */
export const rotationSettings = {
  CREDENTIAL_LIFETIME_DAYS: whole(1, CREDENTIAL_LIFETIME_DAYS.max, CREDENTIAL_LIFETIME_DAYS.default),
  NEAR_EXPIRY_EVENTS: flag(true),
  ROTATE_AFTER: z.string().default('2/3').pipe(rotateAfter),
  ROTATION_SPREAD_HOURS: whole(0, 24 * 365, 7 * 24),
  ROTATION_SWEEP_SCHEDULE: hostSchedule('0 0 * * * *'),
  ROTATION_WAVE_SIZE: whole(1, 100, 10),
  ROTATION_WAVE_SECONDS: whole(1, day, 3600),
  ROTATION_FAILURE_LIMIT: whole(1, 1000, 3),
  ROTATION_RETRY_SECONDS: whole(1, 7 * day, 21_600),
  ROTATION_FREEZE_WINDOWS: freezeWindows,
  PASSWORD_REPLICATION_SECONDS: whole(0, 3600, 60),
  SYNC_DEADLINE_SECONDS: whole(1, 30 * day, 7 * day),
  OVERLAP_SECONDS: whole(1, 365 * day, 3 * day),
  AGENT_REFRESH_SECONDS: whole(1, 30 * day, 21_600),
};
type RotationSettings = z.infer<z.ZodObject<typeof rotationSettings>>;

/** Gives the policy by which the sweep decides when a credential is due, from the settings. */
export function rotationPolicy(settings: RotationSettings): RotationPolicy {
  return {
    rotateAfter: settings.ROTATE_AFTER,
    spreadSeconds: settings.ROTATION_SPREAD_HOURS * 3600,
    waveSize: settings.ROTATION_WAVE_SIZE,
    waveSeconds: settings.ROTATION_WAVE_SECONDS,
    failureLimit: settings.ROTATION_FAILURE_LIMIT,
    freezeWindows: settings.ROTATION_FREEZE_WINDOWS,
    sweepGapSeconds: sweepGapSeconds(settings),
    retrySeconds: settings.ROTATION_RETRY_SECONDS,
  };
}

function sweepGapSeconds({ ROTATION_SWEEP_SCHEDULE }: RotationSettings): number {
  // The schema refuses a schedule without a next time; if one passed, the rest would be endless.
  return readHostSchedule(ROTATION_SWEEP_SCHEDULE)?.longestRestSeconds ?? Infinity;
}

/** Problems of rotation settings that are valid alone and not together for the default credential. */
export function rotationDisagreements(settings: RotationSettings): string[] {
  const { CREDENTIAL_LIFETIME_DAYS: days, ROTATE_AFTER: after, NEAR_EXPIRY_EVENTS: events } = settings;
  const life = days * day;
  const policy = rotationPolicy(settings);
  const { dueAfter, deadlineAfter } = lifetimeMarks(life, policy);
  const room = deadlineAfter - dueAfter;
  const min = CONTINUOUS_GAP_SECONDS + settings.PASSWORD_REPLICATION_SECONDS;
  const problems: [boolean, string][] = [
    [
      days < minLifetimeDays(events),
      `setting CREDENTIAL_LIFETIME_DAYS must be at least ${minLifetimeDays(true)} while NEAR_EXPIRY_EVENTS is true: Key Vault's event comes 30 days before the end of a secret, so at once`,
    ],
    [
      after.kind === 'days' && after.days >= days,
      'setting ROTATE_AFTER must be less than CREDENTIAL_LIFETIME_DAYS: the credential would end before it is rotated',
    ],
    [
      policy.spreadSeconds > room,
      `setting ROTATION_SPREAD_HOURS must be at most ${Math.floor(room / 3600)} with this ROTATE_AFTER and CREDENTIAL_LIFETIME_DAYS: half of the time that is left when a rotation is due`,
    ],
    [
      longestFreezeSeconds(policy.freezeWindows) > room,
      `setting ROTATION_FREEZE_WINDOWS must hold no window longer than ${Math.floor(room / 3600)} hours with this ROTATE_AFTER and CREDENTIAL_LIFETIME_DAYS: a credential could end in it`,
    ],
    [
      policy.sweepGapSeconds > room,
      'setting ROTATION_SWEEP_SCHEDULE must come more often with this ROTATE_AFTER and CREDENTIAL_LIFETIME_DAYS: a credential could end between two sweeps',
    ],
    [
      settings.OVERLAP_SECONDS < min,
      `setting OVERLAP_SECONDS must be at least ${min}: a minute from sync to sync, and PASSWORD_REPLICATION_SECONDS`,
    ],
    [
      settings.OVERLAP_SECONDS + settings.AGENT_REFRESH_SECONDS > dueAfter,
      'settings OVERLAP_SECONDS and AGENT_REFRESH_SECONDS must end before ROTATE_AFTER of CREDENTIAL_LIFETIME_DAYS: the next rotation needs the slot',
    ],
  ];
  return problems.flatMap(([isWrong, problem]) => (isWrong ? [problem] : []));
}
