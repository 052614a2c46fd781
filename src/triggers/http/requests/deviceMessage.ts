import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import type { z } from 'zod';
import { deviceBody, deviceKey, wrongDeviceKey, type DeviceKey } from './deviceKey.js';
import { fieldErrors, invalidRequest } from '../answers/problem.js';
import { MAX_OF_ONE_OPERATION, RateLimit } from './rateLimit.js';
import { tooManyRequests } from '../answers/tooManyRequests.js';

/** A kind of message that devices send. */
export interface DeviceMessageKind<Body> {
  readonly schema: z.ZodType<Body>;
  readonly fields: Parameters<typeof fieldErrors>[1];
  /** What is said beside the faults of one that is not as it should be. */
  readonly ofNoUse: string;
}

export interface DeviceMessageOrder {
  /** As it stands in the path: anyone may have written it. */
  readonly operation: string;
  readonly isAuthentic: (key: DeviceKey) => boolean;
  /** Notes why one is refused. */
  readonly refused: (reason: string) => void;
}

/**
 * Reads one kind of messages: the key is looked at before anything else is read, and repetitions are counted before the body. A
 * key that fits is good for as many repetitions as anyone likes: the engine is asked for a few only.
 */
export function deviceMessages<Body>({ schema, fields, ofNoUse }: DeviceMessageKind<Body>) {
  const byOperation = new RateLimit(MAX_OF_ONE_OPERATION);
  return async (
    request: HttpRequest,
    { operation, isAuthentic, refused }: DeviceMessageOrder,
  ): Promise<{ readonly body: Body; readonly key: DeviceKey } | { readonly refusal: HttpResponseInit }> => {
    const refuse = (reason: string, refusal: HttpResponseInit) => {
      refused(reason);
      return { refusal };
    };
    const key = deviceKey(request);
    if (!key || !isAuthentic(key)) return refuse('report-key', wrongDeviceKey());
    const repetition = byOperation.take(operation, Date.now());
    if (repetition !== undefined) return refuse('too-many-requests', tooManyRequests(repetition));
    const body = await deviceBody(request, key);
    if ('refusal' in body) return refuse(`status-${body.refusal.status ?? 0}`, body.refusal);
    const parsed = schema.safeParse(body.value, { reportInput: true });
    if (parsed.success) return { body: parsed.data, key };
    return refuse('invalid-request', invalidRequest(fieldErrors(parsed.error, fields), ofNoUse));
  };
}
