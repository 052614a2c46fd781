import type { AnswerChannel } from '@connected-registry/protocol/enrolment/authenticAnswers';
import type { ClientReference } from '@connected-registry/protocol/names/clientKey';

/** A version of a secret that a device asks for. */
export interface RequestedSecret {
  /** Host of the client's vault; undefined for the first. */
  readonly vaultHost: string | undefined;
  readonly name: string;
  /** Absent for the newest. */
  readonly version?: string;
}

/** The vaults, for devices that have joined: values leave it only in a form that nobody but the device can read. */
export interface SealedSecrets {
  /**
   * Reads a version of a client's secret and signs and encrypts it for its device.
   *
   * @returns a JWE in compact serialization, of a JWS, of a SealedSecret
   * @throws ServiceError, of kind `notFound` also for a version that is disabled or whose tags name another client
   */
  seal(secret: RequestedSecret, client: ClientReference, channel: AnswerChannel): Promise<string>;
}
