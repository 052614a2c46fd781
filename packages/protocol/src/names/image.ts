const REFERENCE =
  /^(?<repository>[^:@]+)(?::(?<tag>[A-Za-z0-9_][A-Za-z0-9._-]{0,127})|@(?<digest>sha256:[0-9a-f]{64}))?$/;

/** An image inside a registry. The host is never part of it: it is the endpoint of the connected registry. */
export interface ImageReference {
  readonly repository: string;
  readonly tag?: string;
  readonly digest?: string;
}

/** The error text of the app and the agent for a text that {@link parseImage} does not accept. */
export const NO_IMAGE =
  'is not repository, repository:tag or repository@sha256:..., with a tag or a digest but not both';

/** Parses `repository`, `repository:tag` or `repository@sha256:...`; undefined for other texts. */
export function parseImage(text: string): ImageReference | undefined {
  const groups = REFERENCE.exec(text)?.groups;
  if (!groups?.['repository']) return undefined;
  const { repository, tag, digest } = groups;
  return { repository, ...(tag ? { tag } : {}), ...(digest ? { digest } : {}) };
}

/** Formats an image, with `latest` if it has neither tag nor digest, as container engines do. */
export function formatImage(image: ImageReference): string {
  return image.digest ? `${image.repository}@${image.digest}` : `${image.repository}:${image.tag ?? 'latest'}`;
}
