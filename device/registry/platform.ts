/** What an image is built for, as OCI image indexes name it. */
export interface Platform {
  os: string;
  architecture: string;
  variant?: string | undefined;
}

const ARCHITECTURES: Readonly<Record<string, Omit<Platform, 'os'>>> = {
  x64: { architecture: 'amd64' },
  ia32: { architecture: '386' },
  arm64: { architecture: 'arm64', variant: 'v8' },
  arm: { architecture: 'arm', variant: 'v7' },
};

/** The platform of this machine; containers on a device are Linux ones whatever runs the agent. */
export function ownPlatform(arch: string = process.arch): Platform {
  return { os: 'linux', ...(ARCHITECTURES[arch] ?? { architecture: arch }) };
}

/** Reads `os/architecture[/variant]`, as container tools write it. */
export function parsePlatform(text: string): Platform | undefined {
  const match = /^([a-z0-9]+)\/([a-z0-9]+)(?:\/([a-z0-9]+))?$/.exec(text);
  const [, os, architecture, variant] = match ?? [];
  return os && architecture ? { os, architecture, variant } : undefined;
}

export function platformName({ os, architecture, variant }: Platform): string {
  return variant === undefined ? `${os}/${architecture}` : `${os}/${architecture}/${variant}`;
}

/** The entry for `wanted`: the one of the same variant first, else any of that architecture. */
export function choosePlatform<T extends { platform?: Platform | undefined }>(
  entries: readonly T[],
  wanted: Platform,
): T | undefined {
  const fitting = entries.filter(
    ({ platform }) => platform?.os === wanted.os && platform.architecture === wanted.architecture,
  );
  return fitting.find(({ platform }) => platform?.variant === wanted.variant) ?? fitting[0];
}
