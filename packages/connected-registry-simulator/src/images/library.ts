import { buildImage, buildIndex } from './image.js';
import type { Content, Image, Platform } from './image.js';

const AMD64: Platform = { os: 'linux', architecture: 'amd64' };
const ALL: readonly Platform[] = [
  AMD64,
  { os: 'linux', architecture: 'arm64', variant: 'v8' },
  { os: 'linux', architecture: 'arm', variant: 'v7' },
];

/** The contents of a connected registry after a sync: by repository, and by tag or digest within it. */
export interface ImageLibrary {
  repositories(): string[];
  /** The tags of a repository in lexical order; undefined if the repository does not exist here. */
  tags(repository: string): string[] | undefined;
  /** A manifest or index by tag or by digest, only if it belongs to this repository. */
  manifest(repository: string, reference: string): Content | undefined;
  /** The manifest of an index in this repository for linux/amd64, for clients without index support. */
  defaultPlatform(repository: string, index: Content): Content | undefined;
  blob(repository: string, digest: string): Content | undefined;
}

export interface SyncedRepository {
  name: string;
  tags: readonly string[];
}

/**
 * Creates images from repository and tag, because the simulated sync transfers only names. A tag ending in `multi` is
 * an OCI index of three platforms, one ending in `oci` a single OCI image; others are Docker schema 2 images, like
 * Microsoft's `hello-world`.
 */
export function createImageSource(): (repository: string, tag: string) => Image {
  const built = new Map<string, Image>();
  return (repository, tag) => {
    const name = `${repository}:${tag}`;
    const image = built.get(name) ?? build(name, tag);
    built.set(name, image);
    return image;
  };
}

function build(name: string, tag: string): Image {
  if (tag.endsWith('multi')) return buildIndex(name, ALL, 'oci');
  return buildImage(name, AMD64, tag.endsWith('oci') ? 'oci' : 'docker');
}

export function createImageLibrary(
  repositories: readonly SyncedRepository[],
  imageOf: (repository: string, tag: string) => Image,
): ImageLibrary {
  const byRepository = new Map(
    repositories.map(({ name, tags }) => {
      const images = new Map([...tags].sort().map((tag) => [tag, imageOf(name, tag)]));
      const all = [...images.values()];
      return [
        name,
        {
          images,
          manifests: new Map(all.flatMap((image) => image.manifests).map((item) => [item.digest, item])),
          blobs: new Map(all.flatMap((image) => image.blobs).map((item) => [item.digest, item])),
        },
      ];
    }),
  );
  return {
    repositories: () => [...byRepository.keys()].sort(),
    tags(repository) {
      const found = byRepository.get(repository);
      return found && [...found.images.keys()];
    },
    manifest(repository, reference) {
      const found = byRepository.get(repository);
      return found?.images.get(reference)?.root ?? found?.manifests.get(reference);
    },
    defaultPlatform(repository, index) {
      const image = [...(byRepository.get(repository)?.images.values() ?? [])].find(
        (candidate) => candidate.root.digest === index.digest,
      );
      return image?.manifests[1];
    },
    blob: (repository, digest) => byRepository.get(repository)?.blobs.get(digest),
  };
}
