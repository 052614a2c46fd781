import { PullFailure } from '../pullFailure.js';
import type { RegistryCredentials } from '../secrets/dockerConfig.js';
import { persistently } from './http.js';
import type { Answer, HttpPolicy } from './http.js';
import { DIGEST, parseImage } from './imageReference.js';
import { ACCEPT, isForeign, parseManifest } from './manifest.js';
import type { Descriptor, ImageManifest } from './manifest.js';
import { choosePlatform, platformName } from './platform.js';
import type { Platform } from './platform.js';
import { openSession } from './session.js';
import type { RegistrySession } from './session.js';
import { readManifest, verifyBlob } from './verifiedBody.js';

export interface PullOptions {
  credentials: RegistryCredentials;
  /** `repository:tag` or `repository@sha256:...` at the credentials' endpoint. */
  image: string;
  platform: Platform;
  policy: HttpPolicy;
  /** Aborts the pull, as `unreachable`. */
  signal: AbortSignal;
}

/** The digest that the reference resolves to, and the bytes of everything that was read. */
export interface Pulled {
  digest: string;
  bytes: number;
}

/** Maximum nesting of indexes. An index may point to another, but rarely more often. */
const DEEPEST_INDEX = 3;

/**
 * Pulls an image as a container engine does, and discards it: the manifest, through an index to this platform's, then
 * config and layers by digest. SHA-256 and size of each are verified (OCI distribution specification, "Pull").
 * @throws PullFailure
 */
export async function pull({ credentials, image, platform, policy, signal }: PullOptions): Promise<Pulled> {
  const { repository, reference, digest } = parseImage(image);
  const session = openSession(credentials, repository, policy, signal);
  const within: Within = { session, repository, policy, signal };
  const root = await fetchManifest(within, reference, digest);
  let bytes = root.size;
  let { manifest } = root;
  for (let depth = 0; manifest.kind === 'index'; depth += 1) {
    if (depth === DEEPEST_INDEX) throw new PullFailure('error', 'the index is nested too deeply');
    const chosen = choosePlatform(manifest.manifests, platform);
    if (!chosen) throw new PullFailure('error', `the index has no image for ${platformName(platform)}`);
    const child = await fetchManifest(within, chosen.digest, chosen.digest);
    bytes += child.size;
    ({ manifest } = child);
  }
  for (const blob of blobsOf(manifest)) {
    await fetchBlob(within, blob);
    bytes += blob.size;
  }
  return { digest: root.digest, bytes };
}

interface Within {
  session: RegistrySession;
  repository: string;
  policy: HttpPolicy;
  signal: AbortSignal;
}

async function fetchManifest({ session, repository, policy, signal }: Within, reference: string, expected?: string) {
  return persistently(policy, signal, async () => {
    const answer = await session.get(`/v2/${repository}/manifests/${reference}`, ACCEPT);
    await requireFound(answer, `${repository} has no manifest ${reference}`);
    const { bytes, digest } = await readManifest(answer);
    const said = answer.headers.get('docker-content-digest') ?? digest;
    const wrong = [expected ?? digest, said].find((other) => DIGEST.test(other) && other !== digest);
    if (wrong !== undefined) throw new PullFailure('digest-mismatch', `the manifest's bytes are not those of ${wrong}`);
    return { manifest: parseManifest(bytes), digest, size: bytes.length };
  });
}

async function fetchBlob({ session, repository, policy, signal }: Within, blob: Descriptor): Promise<void> {
  await persistently(policy, signal, async () => {
    const answer = await session.get(`/v2/${repository}/blobs/${blob.digest}`);
    await requireFound(answer, `${repository} has no blob ${blob.digest}`);
    await verifyBlob(answer, blob);
  });
}

async function requireFound(answer: Answer, otherwise: string): Promise<void> {
  if (answer.status !== 404) return;
  await answer.discard();
  throw new PullFailure('manifest-unknown', otherwise);
}

/** Config and layers, each digest once. */
function blobsOf({ config, layers }: ImageManifest): Descriptor[] {
  const blobs = [config, ...layers.filter((layer) => !isForeign(layer))];
  return [...new Map(blobs.map((blob) => [blob.digest, blob])).values()];
}
