import { PullFailure } from '../pullFailure.js';

/** An image at the registry that the secret names. */
export interface ImageReference {
  repository: string;
  /** A tag, or a digest when the reference pins one. */
  reference: string;
  digest: string | undefined;
}

/** OCI distribution specification, "Pulling manifests": the forms of names, tags; only sha256 digests are supported. */
const REPOSITORY = /^[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(\/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*$/;
const TAG = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;
export const DIGEST = /^sha256:[0-9a-f]{64}$/;

/** Reads `repository:tag`, `repository` (its tag is then `latest`) or `repository@sha256:...`; no registry host in it. */
export function parseImage(image: string): ImageReference {
  const [, repository = '', tag = 'latest', pinned] = /^([^:@]+)(?::([^:@]+))?(?:@(.+))?$/.exec(image) ?? [];
  const reference = pinned ?? tag;
  if (!REPOSITORY.test(repository) || !TAG.test(tag) || (pinned !== undefined && !DIGEST.test(pinned))) {
    throw new PullFailure('error', 'the image is not repository:tag or repository@sha256:...');
  }
  return { repository, reference, digest: pinned };
}
