/** What a rollout does to each client. */
export const ROLLOUT_KINDS = ['onboard', 'rotate', 'offboard', 'check'] as const;
export type RolloutKind = (typeof ROLLOUT_KINDS)[number];

/** Maximum rows of one rollout. */
export const MAX_ROLLOUT_ROWS = 10_000;
