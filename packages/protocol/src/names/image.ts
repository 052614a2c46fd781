const REFERENCE =
  /^(?<repository>[^:@]+)(?::(?<tag>[A-Za-z0-9_][A-Za-z0-9._-]{0,127})|@(?<digest>sha256:[0-9a-f]{64}))?$/;

/** An image inside a registry: the host is never part of it, since the connected registry's endpoint is. */
export interface ImageReference {
  readonly repository: string;
  readonly tag?: string;
  readonly digest?: string;
}

/** What is said of a text that {@link parseImage} does not take, by the app and by the agent. */
export const NO_IMAGE =
  'is not repository, repository:tag or repository@sha256:..., with a tag or a digest but not both';

/** Parses `repository`, `repository:tag` or `repository@sha256:...`; undefined when it is none of them. */
export function parseImage(text: string): ImageReference | undefined {
  const groups = REFERENCE.exec(text)?.groups;
  if (!groups?.['repository']) return undefined;
  const { repository, tag, digest } = groups;
  return { repository, ...(tag ? { tag } : {}), ...(digest ? { digest } : {}) };
}

/** `latest` when neither tag nor digest is given, as container engines do. */
export function formatImage(image: ImageReference): string {
  return image.digest ? `${image.repository}@${image.digest}` : `${image.repository}:${image.tag ?? 'latest'}`;
}
