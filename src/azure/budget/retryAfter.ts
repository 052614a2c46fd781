import { secondsToWait } from '../../serviceErrors/serviceFacts.js';

/** Reads Retry-After, which holds seconds or a date. Source: RFC 9110, section 10.2.3. */
export function retryAfterSeconds(header: string | undefined): number | undefined {
  if (!header) return undefined;
  const seconds = Number(header);
  if (Number.isFinite(seconds)) return secondsToWait(seconds);
  return secondsToWait((Date.parse(header) - Date.now()) / 1000);
}
