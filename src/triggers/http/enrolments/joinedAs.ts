import type { JoinedAnswer } from '@connected-registry/protocol/enrolment/messages';
import { referenceOf, type ClientReference } from '@connected-registry/protocol/names/clientKey';
import { admissionOf } from '../../../domain/enrolment/serverPasses.js';
import type { ReportKeys } from '../../../domain/pullCheck/reportKey.js';

/**
 * The answer to a device that has joined, or has renewed its keys. It is the same for the same device and server key.
 * It is secret, and leaves the app sealed only.
 * @param thumbprint of the signing key
 */
export function joinedAs(keys: ReportKeys, client: ClientReference, thumbprint: string): JoinedAnswer {
  return { ...referenceOf(client), thumbprint, ...admissionOf(keys, { client, thumbprint }) };
}
