import { NO_IMAGE, parseImage as parseName } from '@connected-registry/protocol/names/image';
import { isRepositoryPattern, isWildcard } from '@connected-registry/protocol/names/permissions';
import { PullFailure } from '../pullFailure.js';

/** An image at the registry that the secret names. */
export interface ImageReference {
  repository: string;
  /** A tag, or a digest if the reference pins one. */
  reference: string;
  digest: string | undefined;
}

/** Only sha256 digests are supported. */
export const DIGEST = /^sha256:[0-9a-f]{64}$/;

/**
 * Parses `repository:tag`, `repository` (with the tag `latest`) or `repository@sha256:...`, by the same rules as the
 * app. A registry host is not allowed.
 * @throws PullFailure
 */
export function parseImage(image: string): ImageReference {
  const { repository, tag = 'latest', digest } = parseName(image) ?? { repository: '' };
  if (!isRepositoryPattern(repository) || isWildcard(repository)) {
    throw new PullFailure('error', `the image ${NO_IMAGE}`);
  }
  return { repository, reference: digest ?? tag, digest };
}
