import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import type { z } from 'zod';
import { deviceBody, deviceKey, wrongDeviceKey, type DeviceKey } from './deviceKey.js';
import { fieldErrors, invalidRequest, tooManyRequests } from '../answers/problem.js';
import { MAX_PER_OPERATION, RateLimit } from './rateLimit.js';

/** A kind of message from devices. */
interface DeviceMessageKind<Body> {
  readonly schema: z.ZodType<Body>;
  readonly fields: Parameters<typeof fieldErrors>[1];
  /** A sentence about the consequence of an invalid message. */
  readonly consequence: string;
}

interface MessageContext {
  /** The operation id in the path. Unverified: anybody may have written it. */
  readonly operation: string;
  readonly isAuthentic: (key: DeviceKey) => boolean;
  /** Called with the reason of a refusal. */
  readonly refused: (reason: string) => void;
}

/**
 * Creates a reader for one kind of message. It verifies the key before it reads anything else, and limits repetitions before
 * it reads the body: a valid key allows any number of repetitions, and each would read from the engine.
 */
export function deviceMessages<Body>({ schema, fields, consequence }: DeviceMessageKind<Body>) {
  const byOperation = new RateLimit(MAX_PER_OPERATION);
  return async (
    request: HttpRequest,
    { operation, isAuthentic, refused }: MessageContext,
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
    return refuse('invalid-request', invalidRequest(fieldErrors(parsed.error, fields), consequence));
  };
}
