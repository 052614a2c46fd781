import { createHash } from 'node:crypto';
import { digestOf } from './digest.js';
import { gzip } from './gzip.js';
import { tar } from './tar.js';

/** Bytes with their address, as a registry stores and serves them. */
export interface Content {
  mediaType: string;
  digest: string;
  bytes: Buffer;
}

/** An image: the manifest of its tag, all manifests below that, and their blobs. */
export interface Image {
  root: Content;
  manifests: readonly Content[];
  blobs: readonly Content[];
}

export interface Platform {
  os: string;
  architecture: string;
  variant?: string;
}

/** The two families of media types in use: Docker's image manifest v2 schema 2, and OCI's. */
export type Format = 'docker' | 'oci';

export const MEDIA_TYPES = {
  docker: {
    manifest: 'application/vnd.docker.distribution.manifest.v2+json',
    index: 'application/vnd.docker.distribution.manifest.list.v2+json',
    config: 'application/vnd.docker.container.image.v1+json',
    layer: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
  },
  oci: {
    manifest: 'application/vnd.oci.image.manifest.v1+json',
    index: 'application/vnd.oci.image.index.v1+json',
    config: 'application/vnd.oci.image.config.v1+json',
    layer: 'application/vnd.oci.image.layer.v1.tar+gzip',
  },
} as const satisfies Record<Format, Record<string, string>>;

const CREATED = '1970-01-01T00:00:00Z';

/** The base layer of every image: large enough that a pull needs several reads and can request ranges. */
const BASE_FILES = tar([{ path: 'base.bin', content: payload(96 * 1024) }]);
const BASE_LAYER = gzip(BASE_FILES);

/** Builds an image from its name alone: equal arguments give equal bytes, so digests are predictable. */
export function buildImage(name: string, platform: Platform, format: Format): Image {
  const types = MEDIA_TYPES[format];
  const greeting = Buffer.from(`Hello from ${name} on ${platformName(platform)}.\n`);
  const files = tar([{ path: 'hello.txt', content: greeting }]);
  const layers = [content(types.layer, BASE_LAYER), content(types.layer, gzip(files))];
  const config = json(types.config, {
    created: CREATED,
    ...platform,
    config: { Labels: { 'org.opencontainers.image.title': name } },
    rootfs: { type: 'layers', diff_ids: [digestOf(BASE_FILES), digestOf(files)] },
    history: ['base', 'greeting'].map((created_by) => ({ created: CREATED, created_by })),
  });
  const manifest = json(types.manifest, {
    schemaVersion: 2,
    mediaType: types.manifest,
    config: descriptor(config),
    layers: layers.map(descriptor),
  });
  return { root: manifest, manifests: [manifest], blobs: [config, ...layers] };
}

/** Builds one image per platform, and their index. */
export function buildIndex(name: string, platforms: readonly Platform[], format: Format): Image {
  const types = MEDIA_TYPES[format];
  const images = platforms.map((platform) => buildImage(name, platform, format));
  const index = json(types.index, {
    schemaVersion: 2,
    mediaType: types.index,
    manifests: images.map((image, at) => ({ ...descriptor(image.root), platform: platforms[at] })),
  });
  return {
    root: index,
    manifests: [index, ...images.flatMap((image) => image.manifests)],
    blobs: images.flatMap((image) => image.blobs),
  };
}

function platformName({ os, architecture, variant }: Platform): string {
  return [os, architecture, variant].filter(Boolean).join('/');
}

function payload(size: number): Buffer {
  const blocks: Buffer[] = [];
  for (let at = 0; at * 32 < size; at += 1) {
    blocks.push(createHash('sha256').update(String(at)).digest());
  }
  return Buffer.concat(blocks);
}

function json(mediaType: string, value: unknown): Content {
  return content(mediaType, Buffer.from(JSON.stringify(value)));
}

function content(mediaType: string, bytes: Buffer): Content {
  return { mediaType, digest: digestOf(bytes), bytes };
}

function descriptor({ mediaType, digest, bytes }: Content): { mediaType: string; digest: string; size: number } {
  return { mediaType, digest, size: bytes.length };
}
