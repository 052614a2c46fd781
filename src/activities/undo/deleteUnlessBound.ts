import type { Ports } from '../../ports/ports.js';
import { ServiceError, type ServiceErrorKind } from '../../serviceErrors/serviceError.js';
import { isBound } from '../../queries/registry/connectedRegistry.js';

/** A token that a client list may hold. */
export interface BoundToken {
  readonly registry: string;
  /** The connected registry whose client list may hold the token. */
  readonly connectedRegistry: string;
  readonly token: string;
}

/** How ARM may refuse to delete a token that a connected registry lists. Its error code is not documented. */
const REFUSALS: readonly ServiceErrorKind[] = ['conflict', 'refused'];

/**
 * Deletes a token.
 * @returns false if ARM refuses because the connected registry lists it: somebody may have bound it again
 * @throws ServiceError for any other refusal
 */
export async function deleteUnlessBound(
  { controlPlane }: Pick<Ports, 'controlPlane'>,
  { registry, connectedRegistry, token }: BoundToken,
): Promise<boolean> {
  try {
    await controlPlane.deleteToken(registry, token);
    return true;
  } catch (error) {
    if (!(error instanceof ServiceError) || !REFUSALS.includes(error.kind)) throw error;
    if (isBound(await controlPlane.getConnectedRegistry(registry, connectedRegistry), token)) return false;
    throw error;
  }
}
