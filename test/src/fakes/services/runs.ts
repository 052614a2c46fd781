import type { Pace } from '../../../../src/ports/pace.js';
import type { Runs } from '../../../../src/ports/runs.js';

const refused = (method: string) => () => Promise.reject(new Error(`nobody calls ${method} here`));

/** Runs of which nothing is expected. A test replaces the methods that it needs. */
export const NO_RUNS: Runs = {
  start: refused('start'),
  startWhenFree: refused('startWhenFree'),
  startFromEvent: refused('startFromEvent'),
  revoke: refused('revoke'),
  present: refused('present'),
  running: async () => undefined,
  state: refused('state'),
  progress: refused('progress'),
  find: refused('find'),
  startCheck: refused('startCheck'),
  rolloutPiece: refused('rolloutPiece'),
  rolloutControl: refused('rolloutControl'),
  record: refused('record'),
  tokenOwner: refused('tokenOwner'),
  cancel: refused('cancel'),
};

/** A pace that lets everything start. */
export const NO_LIMIT: Pace = { room: () => Infinity, started: () => undefined };
