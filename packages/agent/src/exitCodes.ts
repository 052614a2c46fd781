/** With which code the agent's process ends. docs/agent.md says when. */
export const EXIT_CODES = {
  succeeded: 0,
  failed: 1,
  badSettings: 2,
  /** The app has refused to let the device join: the same command will not succeed later. */
  refused: 3,
} as const;
