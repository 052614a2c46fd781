import type { OptionSpecs, OptionValues } from '../../program/optionSpecs.js';

/** How commands that start something wait for its end. */
export const WAIT_OPTIONS = {
  wait: { kind: 'flag', short: 'w', help: 'wait until it has ended; the exit code says how' },
  timeout: {
    kind: 'duration',
    value: 'TIME',
    help: 'with --wait: give up waiting after 90s, 15m, 2h; the default is never',
  },
} as const satisfies OptionSpecs;
/** The same for rollouts, which also rest before their end. */
export const ROLLOUT_WAIT_OPTIONS = {
  ...WAIT_OPTIONS,
  wait: { ...WAIT_OPTIONS.wait, help: 'wait until it has ended, paused or stopped; the exit code says how' },
} as const satisfies OptionSpecs;
export type WaitOptions = OptionValues<typeof WAIT_OPTIONS>;

export const WATCH_OPTIONS = {
  timeout: { kind: 'duration', value: 'TIME', help: 'give up watching after 90s, 15m, 2h; the default is never' },
} as const satisfies OptionSpecs;

export const DRY_RUN_OPTION = {
  dryRun: { kind: 'flag', help: 'show what would be done, and change nothing' },
} as const satisfies OptionSpecs;
