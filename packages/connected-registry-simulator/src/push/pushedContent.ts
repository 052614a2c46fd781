import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Content } from '../images/image.js';
import type { ImageLibrary, SyncedRepository } from '../images/library.js';

/** Content that clients have pushed. It is served immediately, and reported to the upstream until the cloud has it. */
export interface PushedContent {
  blob(repository: string, digest: string): Content | undefined;
  manifest(repository: string, reference: string): Content | undefined;
  tags(repository: string): string[];
  repositories(): string[];
  putBlob(repository: string, content: Content): Promise<void>;
  /** @param tag of the manifest; without one it is known only by its digest */
  putManifest(repository: string, content: Content, tag: string | undefined): Promise<void>;
  /** Tags that the cloud has not confirmed yet. */
  unconfirmed(): { repository: string; tag: string }[];
  /**
   * Compares with the repositories of the cloud: confirms tags that it has, and deletes tags that were deleted there.
   */
  reconcile(repositories: readonly SyncedRepository[]): Promise<void>;
}

const index = z.object({
  blobs: z.array(z.object({ repository: z.string(), digest: z.string() })),
  manifests: z.array(z.object({ repository: z.string(), digest: z.string(), mediaType: z.string() })),
  tags: z.array(
    z.object({ repository: z.string(), tag: z.string(), digest: z.string(), confirmed: z.boolean().default(false) }),
  ),
});
type Index = z.infer<typeof index>;

/** Keeps pushed content in a folder for the next run. Unreadable content counts as never pushed. */
export async function openPushedContent(folder: string): Promise<PushedContent> {
  const indexFile = join(folder, 'index.json');
  const bytesByDigest = new Map<string, Buffer>();
  const entries = await readIndex(indexFile);
  const fileOf = (digest: string) => join(folder, digest.replace(':', '-'));
  for (const { digest } of [...entries.blobs, ...entries.manifests]) {
    const bytes = await readFile(fileOf(digest)).catch(() => undefined);
    if (bytes) bytesByDigest.set(digest, bytes);
  }
  let writing: Promise<void> = Promise.resolve();

  /** Writes the current state, one write at a time. */
  function save(): Promise<void> {
    writing = writing
      .catch(() => undefined)
      .then(async () => {
        const draft = `${indexFile}.new`;
        await writeFile(draft, JSON.stringify(entries), { mode: 0o600 });
        await rename(draft, indexFile);
      });
    return writing;
  }

  async function keep({ digest, bytes }: Content): Promise<void> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    if (!bytesByDigest.has(digest)) await writeFile(fileOf(digest), bytes, { mode: 0o600 });
    bytesByDigest.set(digest, bytes);
  }

  function content(digest: string, mediaType: string): Content | undefined {
    const bytes = bytesByDigest.get(digest);
    return bytes && { digest, mediaType, bytes };
  }

  return {
    blob(repository, digest) {
      const isHere = entries.blobs.some((one) => one.repository === repository && one.digest === digest);
      return isHere ? content(digest, 'application/octet-stream') : undefined;
    },
    manifest(repository, reference) {
      const tagged = entries.tags.find((one) => one.repository === repository && one.tag === reference);
      const digest = tagged?.digest ?? reference;
      const found = entries.manifests.find((one) => one.repository === repository && one.digest === digest);
      return found && content(found.digest, found.mediaType);
    },
    tags: (repository) => entries.tags.filter((one) => one.repository === repository).map(({ tag }) => tag),
    repositories: () => [...new Set(entries.manifests.map(({ repository }) => repository))],
    async putBlob(repository, blob) {
      await keep(blob);
      if (entries.blobs.some((one) => one.repository === repository && one.digest === blob.digest)) return;
      entries.blobs.push({ repository, digest: blob.digest });
      await save();
    },
    async putManifest(repository, manifest, tag) {
      const { digest, mediaType } = manifest;
      await keep(manifest);
      if (!entries.manifests.some((one) => one.repository === repository && one.digest === digest)) {
        entries.manifests.push({ repository, digest, mediaType });
      }
      if (tag !== undefined) {
        entries.tags = entries.tags.filter((one) => one.repository !== repository || one.tag !== tag);
        entries.tags.push({ repository, tag, digest, confirmed: false });
      }
      await save();
    },
    unconfirmed: () =>
      entries.tags.filter(({ confirmed }) => !confirmed).map(({ repository, tag }) => ({ repository, tag })),
    async reconcile(repositories) {
      const inCloud = new Set(repositories.flatMap(({ name, tags }) => tags.map((tag) => JSON.stringify([name, tag]))));
      const has = ({ repository, tag }: Index['tags'][number]) => inCloud.has(JSON.stringify([repository, tag]));
      const changed = entries.tags.some((one) => one.confirmed !== has(one));
      if (!changed) return;
      entries.tags = entries.tags
        .filter((one) => has(one) || !one.confirmed)
        .map((one) => ({ ...one, confirmed: has(one) }));
      await save();
    },
  };
}

async function readIndex(file: string): Promise<Index> {
  try {
    return index.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    await rm(file, { force: true });
    return { blobs: [], manifests: [], tags: [] };
  }
}

/** The synced and the pushed images together. If a tag is in both, the pushed image is used. */
export function withPushed(synced: ImageLibrary, pushed: PushedContent): ImageLibrary {
  return {
    repositories: () => [...new Set([...synced.repositories(), ...pushed.repositories()])].sort(),
    tags(repository) {
      const [fromSync, fromPush] = [synced.tags(repository), pushed.tags(repository)];
      return fromSync || fromPush.length > 0 ? [...new Set([...(fromSync ?? []), ...fromPush])].sort() : undefined;
    },
    manifest: (repository, reference) =>
      pushed.manifest(repository, reference) ?? synced.manifest(repository, reference),
    defaultPlatform: (repository, content) => synced.defaultPlatform(repository, content),
    blob: (repository, digest) => pushed.blob(repository, digest) ?? synced.blob(repository, digest),
  };
}
