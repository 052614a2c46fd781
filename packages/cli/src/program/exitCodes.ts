/** Exit codes of `crctl`. Scripts rely on them: a code never gets another meaning. */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  notFound: 3,
  refused: 4,
  timedOut: 5,
  /** As shells report a program that Ctrl-C has ended: 128 and the number of SIGINT. */
  interrupted: 130,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** What each code means, for the help and docs/cli.md. */
export const EXIT_MEANINGS: readonly (readonly [ExitCode, string])[] = [
  [EXIT.done, 'done'],
  [EXIT.failed, 'failed, rolled back or rollout not completed; no connection or answer'],
  [EXIT.usage, 'wrong use: nothing was sent; of `crctl plan --detailed-exitcode`: there are changes'],
  [EXIT.notFound, 'the app knows no such client, operation or rollout'],
  [EXIT.refused, 'refused: not authenticated, not allowed, an invalid request, or it does not fit what is in progress'],
  [EXIT.timedOut, 'timed out: what was started goes on'],
  [EXIT.interrupted, 'interrupted by Ctrl-C: what was started goes on'],
];
