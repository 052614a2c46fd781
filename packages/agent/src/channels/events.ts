import type { z } from 'zod';
import type { EventEnvelope } from '@connected-registry/protocol/messages/eventEnvelope';
import { NO_EVENT, parseEnvelope } from '@connected-registry/protocol/messages/eventEnvelope';
import {
  CREDENTIAL_PROMOTED,
  PULL_CHECK_REQUESTED,
  credentialPromoted,
  pullCheckRequested,
} from '@connected-registry/protocol/messages/pullCheckMessages';
import { isCandidateSecretName } from '@connected-registry/protocol/names/names';
import { parseJson } from '@connected-registry/protocol/json/parseJson';
import type { SecretVersion } from '../secrets/vault.js';
import type { Signal } from './channel.js';

/** The parts of an event that the agent reads, for both schemas. */
export type ReceivedEvent = Pick<EventEnvelope, 'type' | 'data' | 'time'>;

/** Parses one event; undefined if it has neither schema. */
export const parseEvent: (value: unknown) => ReceivedEvent | undefined = parseEnvelope;

/**
 * Parses a delivery in structured mode, single or batch. Items that are not events are undefined. Returns undefined if
 * the body is not JSON.
 */
export function parseDelivery(body: string): (ReceivedEvent | undefined)[] | undefined {
  const value = parseJson(body);
  return value === undefined ? undefined : (Array.isArray(value) ? value : [value]).map((one) => parseEvent(one));
}

/** Values that go into a URL path or a header must be harmless there: no `.` or `..` as operation, no line breaks. */
const PATH_SEGMENT = /^[A-Za-z0-9][A-Za-z0-9._~-]*$/;
const KEY_ID = /^[A-Za-z0-9._~-]{1,128}$/;
const REPORT_KEY = /^[\x21-\x7e]{1,512}$/;

/**
 * Names and versions in a vault (Azure docs: key-vault/general/about-keys-secrets-certificates, "Object identifiers").
 */
const SECRET_NAME = /^[0-9A-Za-z-]{1,127}$/;
const SECRET_VERSION = /^[0-9A-Za-z]{1,64}$/;
const inVault = ({ secret: { name, version } }: { secret: SecretVersion }) =>
  SECRET_NAME.test(name) && SECRET_VERSION.test(version);
const NOT_IN_VAULT = { path: ['secret'], error: 'is not valid in a vault' };

const reportable = pullCheckRequested
  .refine(
    ({ operation, keyId, reportKey, image }) =>
      PATH_SEGMENT.test(operation) && KEY_ID.test(keyId) && REPORT_KEY.test(reportKey) && image.length <= 512,
    { error: 'operation, keyId, reportKey or image is not valid in a report' },
  )
  .refine(inVault, NOT_IN_VAULT);

const deliverable = credentialPromoted
  .refine(inVault, NOT_IN_VAULT)
  .refine(
    ({ operation, keyId = 'none', reportKey = 'none' }) =>
      PATH_SEGMENT.test(operation) && KEY_ID.test(keyId) && REPORT_KEY.test(reportKey),
    { error: 'operation, keyId or reportKey is not valid in an acknowledgement' },
  )
  // Consumers of the main secret must never get a value that no device has pulled with.
  .refine(({ secret }) => !isCandidateSecretName(secret.name), { path: ['secret.name'], error: 'names a candidate' });

/**
 * Parses an event as a signal. Returns undefined for other event types, and an error text that names the invalid
 * fields, or says that the value is not an event.
 */
export function parseSignal(
  event: Pick<ReceivedEvent, 'type' | 'data'> | undefined,
): Signal | { problem: string } | undefined {
  if (!event) return { problem: NO_EVENT };
  const { type, data } = event;
  if (type === PULL_CHECK_REQUESTED) {
    const parsed = reportable.safeParse(data);
    return parsed.success ? { kind: 'pullCheckRequested', data: parsed.data } : { problem: fields(parsed.error) };
  }
  if (type === CREDENTIAL_PROMOTED) {
    const parsed = deliverable.safeParse(data);
    return parsed.success ? { kind: 'credentialPromoted', data: parsed.data } : { problem: fields(parsed.error) };
  }
  return undefined;
}

function fields(error: z.ZodError): string {
  return [...new Set(error.issues.map((issue) => issue.path.join('.') || issue.message))].join(', ');
}
