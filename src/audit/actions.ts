import type { WriteAction } from '../ports/portCalls.js';

/**
 * What the audit says besides the writes of ports: `{resource}.{operation}`, with the outcomes that it may have.
 * Whoever adds a line adds its name here, and a row to docs/operations.md (a test compares the two).
 */
export const AUDIT_EVENTS = {
  'anonymous.admit': ['refused'],
  'device.authenticate': ['refused'],
  'device.renewKeys': ['succeeded', 'refused'],
  'device.vouch': ['succeeded', 'refused'],
  'enrolment.issue': ['succeeded', 'refused', 'failed'],
  'enrolment.redeem': ['succeeded', 'refused'],
  'enrolment.withdraw': ['succeeded', 'refused', 'failed'],
  'messages.read': ['refused'],
  'operator.admit': ['refused'],
  'poller.remove': ['succeeded', 'refused', 'failed'],
  'poller.set': ['succeeded', 'refused', 'failed'],
  'promotion.acknowledge': ['succeeded', 'refused'],
  'report.accept': ['succeeded', 'refused'],
  'rollout.cancel': ['succeeded'],
  'rollout.pause': ['succeeded'],
  'rollout.purge': ['succeeded', 'failed'],
  'rollout.resume': ['succeeded'],
  'rollout.retry-failed': ['succeeded'],
  'rollout.start': ['succeeded', 'refused', 'failed'],
  'run.cancel': ['succeeded'],
  'run.end': ['succeeded', 'failed'],
  'run.purge': ['succeeded', 'failed'],
  'run.start': ['succeeded', 'refused', 'failed'],
} as const satisfies Readonly<Record<`${string}.${string}`, readonly ('succeeded' | 'refused' | 'failed')[]>>;

type AuditEvent = {
  [Name in keyof typeof AUDIT_EVENTS]: `${Name}.${(typeof AUDIT_EVENTS)[Name][number]}`;
}[keyof typeof AUDIT_EVENTS];

/** `{resource}.{operation}.{outcome}`, from a small set of words, so that log queries can count by it. */
export type AuditAction = AuditEvent | `${WriteAction}.${'succeeded' | 'failed'}`;
