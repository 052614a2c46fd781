import { PullFailure, errorCode, errorName } from '../pullFailure.js';

/** Converts a connection error to an outcome of the report. */
export function connectionFailure(error: unknown): PullFailure {
  if (error instanceof PullFailure) return error;
  const code = errorCode(error) ?? '';
  if (isTlsCode(code)) return new PullFailure('tls', `no trusted connection (${code})`);
  const ended = error instanceof Error && ['AbortError', 'TimeoutError'].includes(error.name);
  if (ended || /^(E[A-Z_]+|UND_ERR_[A-Z_]+)$/.test(code)) {
    return new PullFailure('unreachable', `no connection (${ended ? 'no answer in time' : code})`);
  }
  return new PullFailure('error', `unexpected ${errorName(error)}`);
}

/**
 * Codes of TLS failures: Node's own, OpenSSL's reasons, and the names of OpenSSL's certificate verification results.
 */
function isTlsCode(code: string): boolean {
  return (
    /^(ERR_TLS|ERR_SSL|CERT_|CRL_|EPROTO$|HOSTNAME_MISMATCH$|INVALID_CA$|INVALID_PURPOSE$|PATH_LENGTH_EXCEEDED$)/.test(
      code,
    ) || /(_CERT|_CERT_LOCALLY|_SIGNATURE|_IN_CHAIN)$/.test(code)
  );
}
