import { seenSecrets } from '@connected-registry/protocol/redaction/seenSecrets';

/** Fields of a log line. Each call chooses its values: no error text from outside and no credential may be logged. */
export type Facts = Record<string, string | number | boolean | undefined>;
export type Log = (message: string, facts?: Facts) => void;

/** Writes one JSON line for each entry to stderr; stdout has only the ready line. */
export const logToStderr: Log = (message, facts = {}) => {
  const line = JSON.stringify({ time: new Date().toISOString(), message, ...facts });
  process.stderr.write(`${seenSecrets.redact(line)}\n`);
};
