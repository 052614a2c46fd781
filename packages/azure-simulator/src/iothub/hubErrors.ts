import { randomBytes } from 'node:crypto';
import { RefusedRequest } from '../http/message.js';

/**
 * The service API's error envelope: the code stands before the message and in the header `iothub-errorcode` (Azure
 * docs: iot-hub troubleshoot-error-codes; bodies as users of the service have reported them).
 */
export function hubError(status: number, code: string, message: string, now: Date): RefusedRequest {
  return new RefusedRequest({
    status,
    headers: { 'iothub-errorcode': code },
    body: { Message: `ErrorCode:${code};${message}`, ExceptionMessage: `Tracking ID:${trackingId(now)}` },
  });
}

/** A direct method's failure: JSON inside the message, with the number of the error. */
export function methodError(
  status: number,
  [number, code]: readonly [number: number, code: string],
  message: string,
  now: Date,
  info: Record<string, string> = {},
): RefusedRequest {
  const detail = {
    errorCode: number,
    trackingId: trackingId(now),
    message,
    info,
    timestampUtc: now.toISOString(),
  };
  return new RefusedRequest({
    status,
    headers: { 'iothub-errorcode': code },
    body: { Message: JSON.stringify(detail), ExceptionMessage: '' },
  });
}

export function deviceNotFound(id: string, now: Date): RefusedRequest {
  return hubError(404, 'DeviceNotFound', id, now);
}

export function argumentInvalid(message: string, now: Date): RefusedRequest {
  return hubError(400, 'ArgumentInvalid', message, now);
}

export function preconditionFailed(now: Date): RefusedRequest {
  return hubError(412, 'PreconditionFailed', 'Precondition failed: Device version did not match.', now);
}

/** `...-G:0-TimeStamp:11/23/2026 21:13:53` */
function trackingId(now: Date): string {
  const [date = '', time = ''] = now.toISOString().split('T');
  const [year, month, day] = date.split('-');
  return `${randomBytes(16).toString('hex')}-G:0-TimeStamp:${month}/${day}/${year} ${time.slice(0, 8)}`;
}
