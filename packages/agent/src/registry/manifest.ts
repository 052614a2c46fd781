import { z } from 'zod';
import { parseJson } from '@connected-registry/protocol/json/parseJson';
import { PullFailure } from '../pullFailure.js';
import { DIGEST } from './imageReference.js';

const IMAGE_TYPES = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
] as const;
const INDEX_TYPES = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
] as const;
/** The Accept header of a container engine: every form of manifest that it can use. */
export const ACCEPT = [...IMAGE_TYPES, ...INDEX_TYPES].join(', ');

const descriptor = z.object({
  mediaType: z.string(),
  digest: z.string().regex(DIGEST),
  size: z.int().min(0),
});
export type Descriptor = z.infer<typeof descriptor>;

const imageManifest = z.object({
  mediaType: z.enum(IMAGE_TYPES).optional(),
  config: descriptor,
  layers: z.array(descriptor),
});
/** An engine reads an absent text as empty. */
const text = z
  .string()
  .nullish()
  .transform((value) => value ?? '');
const platform = z.object({
  os: text,
  architecture: text,
  variant: text,
  'os.features': z
    .array(z.string())
    .nullish()
    .transform((value) => value ?? []),
});
const imageIndex = z.object({
  mediaType: z.enum(INDEX_TYPES).optional(),
  manifests: z.array(descriptor.extend({ platform: platform.nullish() })),
});
export type ImageManifest = { kind: 'image' } & z.infer<typeof imageManifest>;
export type ImageIndex = { kind: 'index' } & z.infer<typeof imageIndex>;

/** Parses a manifest or an index. The contents decide which one it is; a declared type must match. */
export function parseManifest(bytes: Buffer): ImageManifest | ImageIndex {
  const value = parseJson(bytes.toString('utf8'));
  const image = imageManifest.safeParse(value);
  if (image.success) return { kind: 'image', ...image.data };
  const index = imageIndex.safeParse(value);
  if (index.success) return { kind: 'index', ...index.data };
  throw new PullFailure('error', 'the format of the manifest is not supported');
}

/** Layers that registries do not distribute, according to their type. An engine would fetch them from elsewhere. */
export function isForeign({ mediaType }: Descriptor): boolean {
  return mediaType.includes('.foreign.') || mediaType.includes('.nondistributable.');
}
