/** What the edge has to say: a message and facts, never a password, a hash or a bearer token. */
export type Log = (message: string, facts?: Record<string, string | number | boolean>) => void;

/** One JSON line an entry on stderr; stdout carries nothing but the ready line. */
export const logToStderr: Log = (message, facts = {}) => {
  process.stderr.write(`${JSON.stringify({ time: new Date().toISOString(), process: 'edge', message, ...facts })}\n`);
};
