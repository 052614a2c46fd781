/** What an image is built for, as OCI image indexes name it. */
export interface Platform {
  os: string;
  architecture: string;
  variant?: string | undefined;
  /** Features of the operating system that the image needs. */
  'os.features'?: readonly string[] | undefined;
}

const ARCHITECTURES: Readonly<Record<string, Omit<Platform, 'os'>>> = {
  x64: { architecture: 'amd64' },
  ia32: { architecture: '386' },
  arm64: { architecture: 'arm64', variant: 'v8' },
  arm: { architecture: 'arm', variant: 'v7' },
};

/** The platform of this machine. Containers on a device are Linux containers, whatever runs the agent. */
export function ownPlatform(arch: string = process.arch): Platform {
  return { os: OWN_OS, ...(ARCHITECTURES[arch] ?? { architecture: arch }) };
}

/** Parses `os/architecture[/variant]`, as container tools write it. */
export function parsePlatform(text: string): Platform | undefined {
  const match = /^([a-z0-9]+)\/([a-z0-9_-]+)(?:\/([a-z0-9.]+))?$/.exec(text);
  const [, os, architecture, variant] = match ?? [];
  return os && architecture ? { os, architecture, variant } : undefined;
}

export function platformName({ os, architecture, variant }: Platform): string {
  return variant === undefined ? `${os}/${architecture}` : `${os}/${architecture}/${variant}`;
}

/**
 * Chooses the entry that a container engine of this platform would choose: the same platform first, then platforms that
 * it can also run, the nearest first, and last an entry without a platform. Never one above it, which would not start,
 * nor one that needs features. Undefined if there is none.
 */
export function choosePlatform<T extends { platform?: Platform | null | undefined }>(
  entries: readonly T[],
  wanted: Platform,
): T | undefined {
  for (const candidate of runnable(wanted).map(nameOf)) {
    const found = entries.find(
      ({ platform }) => platform && nameOf(platform) === candidate && (platform['os.features'] ?? []).length === 0,
    );
    if (found) return found;
  }
  return entries.find(({ platform }) => !platform);
}

/**
 * The platforms that a machine can run, the best first. Source: containerd/platforms, compare.go, `platformVector`,
 * used by `Only`.
 */
function runnable(platform: Platform): Platform[] {
  const { os, architecture, variant = '' } = normalized(platform);
  const of = (name: string, variants: readonly string[]) =>
    variants.map((one) => ({ os, architecture: name, variant: one }));
  const below = (lowest: number) => descending((versionOf(variant) ?? 0) - 1, lowest).map((version) => `v${version}`);
  switch (architecture) {
    case 'amd64':
      return [...of('amd64', [variant, ...below(1)]), ...of('386', [''])];
    case 'arm':
      return of('arm', [variant, ...below(5)]);
    case 'arm64': {
      const variants = arm64Variants(variant === '' ? 'v8' : variant);
      // Every known arm64 machine runs 32-bit images of arm/v8 and below.
      return variants.length === 0 ? [] : [...of('arm64', variants), ...of('arm', ['v8', 'v7', 'v6', 'v5'])];
    }
    default:
      return of(architecture, [variant]);
  }
}

/**
 * `v8.2` runs v8.2 down to v8; `v9.2` also runs v8.7 and below (compare.go, `arm64variantToVersion`). Empty for unknown
 * variants.
 */
function arm64Variants(variant: string): string[] {
  const [, major, minorText = '0'] = /^v([89])(?:\.([0-9]))?$/.exec(variant) ?? [];
  const minor = Number(minorText);
  const downFrom = (version: number, highest: number) =>
    descending(highest, 0).map((one) => (one === 0 ? `v${version}` : `v${version}.${one}`));
  if (major === '8') return downFrom(8, minor);
  return major === '9' && minor <= 7 ? [...downFrom(9, minor), ...downFrom(8, Math.min(minor + 5, 9))] : [];
}

/** An image without an operating system uses the engine's. */
const OWN_OS = 'linux';

/**
 * Normalizes the spelling of a platform. Source: containerd/platforms, database.go, `normalizeOS` and `normalizeArch`.
 */
function normalized(platform: Platform): Platform {
  const os = platform.os === '' ? OWN_OS : platform.os.toLowerCase();
  const variant = (platform.variant ?? '').toLowerCase();
  switch (platform.architecture.toLowerCase()) {
    case 'i386':
      return { os, architecture: '386', variant: '' };
    case 'x86_64':
    case 'x86-64':
    case 'amd64':
      return { os, architecture: 'amd64', variant: variant === 'v1' ? '' : variant };
    case 'aarch64':
    case 'arm64': {
      const plain = ['8', 'v8', 'v8.0'].includes(variant);
      return {
        os,
        architecture: 'arm64',
        variant: plain ? '' : ['9', '9.0', 'v9.0'].includes(variant) ? 'v9' : variant,
      };
    }
    case 'armhf':
      return { os, architecture: 'arm', variant: 'v7' };
    case 'armel':
      return { os, architecture: 'arm', variant: 'v6' };
    case 'arm':
      return { os, architecture: 'arm', variant: variant === '' ? 'v7' : variant.replace(/^([5-8])$/, 'v$1') };
    default:
      return { os, architecture: platform.architecture.toLowerCase(), variant };
  }
}

function nameOf(platform: Platform): string {
  return platformName(normalized(platform));
}

/** The number of a variant such as `v7`, parsed as Go does. */
function versionOf(variant: string): number | undefined {
  const [, digits] = /^v?(\d{1,2})$/.exec(variant) ?? [];
  return digits === undefined ? undefined : Number(digits);
}

function descending(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, from - to + 1) }, (_, at) => from - at);
}
