import { seenSecrets } from '@connected-registry/protocol/redaction/seenSecrets';

/** Facts of a log line. Values are chosen one by one at each call: no error text from outside and no credential goes in. */
export type Facts = Record<string, string | number | boolean | undefined>;
export type Log = (message: string, facts?: Facts) => void;

/** One JSON line an entry on stderr; stdout carries the ready line and nothing else. */
export const logToStderr: Log = (message, facts = {}) => {
  const line = JSON.stringify({ time: new Date().toISOString(), message, ...facts });
  process.stderr.write(`${seenSecrets.redact(line)}\n`);
};
