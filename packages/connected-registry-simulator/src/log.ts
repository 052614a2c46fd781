/** The edge's log: a message and facts, never a password, a hash or a bearer token. */
export type Log = (message: string, facts?: Record<string, string | number | boolean>) => void;

/** Writes one JSON line for each entry to stderr; stdout has only the ready line. */
export const logToStderr: Log = (message, facts = {}) => {
  process.stderr.write(`${JSON.stringify({ time: new Date().toISOString(), process: 'edge', message, ...facts })}\n`);
};
