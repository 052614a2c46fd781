import type { Ports } from '../../ports/ports.js';
import { ServiceError, type ServiceErrorKind } from '../../serviceErrors/serviceError.js';
import { isBound } from '../../queries/registry/connectedRegistry.js';

export interface BoundToken {
  readonly registry: string;
  /** Whose client list may hold the token. */
  readonly connectedRegistry: string;
  readonly token: string;
}

/** How ARM may refuse to delete a token that a connected registry lists; which of them it is, is not documented. */
const REFUSALS: readonly ServiceErrorKind[] = ['conflict', 'refused'];

/**
 * Deletes a token. @returns false where that is refused because the connected registry lists it: others may have put it
 * there again after it was unbound. @throws ServiceError
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
