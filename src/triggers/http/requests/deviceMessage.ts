import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import type { DurableClient } from 'durable-functions';
import type { z } from 'zod';
import { parseOperationId, type OperationId } from '@connected-registry/protocol/names/operationId';
import { audit } from '../../../audit/audit.js';
import { readClientRecord } from '../../durable/clientRecords.js';
import {
  deviceBody,
  deviceCredential,
  isInClear,
  macRequired,
  wrongDeviceKey,
  type DeviceCredential,
} from './deviceKey.js';
import { fieldErrors, invalidRequest, tooManyRequests } from '../answers/problem.js';
import { MAX_PER_OPERATION, RateLimit } from './rateLimit.js';

/** A kind of message from devices. */
interface DeviceMessageKind<Body> {
  readonly schema: z.ZodType<Body>;
  readonly fields: Parameters<typeof fieldErrors>[1];
  /** A sentence about the consequence of an invalid message. */
  readonly consequence: string;
  /** The audit's name of a refusal. */
  readonly refusal: 'promotion.acknowledge.refused' | 'report.accept.refused';
}

/** An authentic message. */
interface DeviceMessage<Body> {
  readonly body: Body;
  readonly credential: DeviceCredential;
  /** The operation id in the path, as it is there and in its parts. */
  readonly operation: string;
  readonly id: OperationId;
  /** Audits that the message was refused. */
  readonly refused: (reason: string) => void;
}

/**
 * Creates a reader for one kind of message. It verifies the key, or the MAC by it, before it reads anything else, and
 * limits repetitions before it reads the body: a valid key allows any number of repetitions, and each would read from
 * the engine. A message that carries its key is refused if the client's device has keys of its own (it has joined, or
 * its hub vouches for it), since such devices send MACs: the record is read for valid messages only.
 *
 * @returns the reader. `isAuthentic` gets the operation id in the path, which anybody may have written.
 */
export function deviceMessages<Body>({ schema, fields, consequence, refusal }: DeviceMessageKind<Body>) {
  const byOperation = new RateLimit(MAX_PER_OPERATION);
  return async (
    request: HttpRequest,
    client: DurableClient,
    isAuthentic: (credential: DeviceCredential, operation: string) => boolean,
  ): Promise<DeviceMessage<Body> | { readonly refusal: HttpResponseInit }> => {
    const operation = request.params['operation'] ?? '';
    const refused = (reason: string) => audit(refusal, { resource: operation.slice(0, 128), reason });
    const refuse = (reason: string, answer: HttpResponseInit) => {
      refused(reason);
      return { refusal: answer };
    };
    const id = parseOperationId(operation);
    const credential = deviceCredential(request);
    if (!id || !credential || !isAuthentic(credential, operation)) return refuse('report-key', wrongDeviceKey());
    const repetition = byOperation.take(operation, Date.now());
    if (repetition !== undefined) return refuse('too-many-requests', tooManyRequests(repetition));
    const body = await deviceBody(request, credential);
    if ('refusal' in body) return refuse(`status-${body.refusal.status ?? 0}`, body.refusal);
    const parsed = schema.safeParse(body.value, { reportInput: true });
    if (!parsed.success)
      return refuse('invalid-request', invalidRequest(fieldErrors(parsed.error, fields), consequence));
    if (isInClear(credential) && (await readClientRecord(client, id.instance)).joined)
      return refuse('report-mac-required', macRequired());
    return { body: parsed.data, credential, operation, id, refused };
  };
}
