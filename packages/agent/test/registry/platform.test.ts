import { describe, expect, test } from 'vitest';
import { choosePlatform, ownPlatform, parsePlatform } from '../../src/registry/platform.js';

/** Which of the listed a machine takes. Expectations: containerd/platforms, `Only`. */
function chosen(wanted: string, listed: readonly string[]): string | undefined {
  const platform = parsePlatform(wanted);
  if (!platform) throw new Error(`${wanted} is no platform`);
  return choosePlatform(
    listed.map((text) => ({ text, platform: parsePlatform(text) })),
    platform,
  )?.text;
}

describe('the platform that is chosen from an index', () => {
  test.each<[string, string[], string]>([
    ['linux/arm/v6', ['linux/arm/v7', 'linux/arm/v5'], 'linux/arm/v5'],
    ['linux/arm/v7', ['linux/arm/v5', 'linux/arm/v6'], 'linux/arm/v6'],
    ['linux/arm/v7', ['linux/arm/v8', 'linux/arm/v6'], 'linux/arm/v6'],
    ['linux/arm/v7', ['linux/arm/v6', 'linux/arm'], 'linux/arm'],
    ['linux/arm', ['linux/arm/v5', 'linux/arm/v7'], 'linux/arm/v7'],
    ['linux/arm/v8', ['linux/arm/v5', 'linux/arm/v7'], 'linux/arm/v7'],
    ['linux/amd64', ['linux/amd64/v3', 'linux/amd64'], 'linux/amd64'],
    ['linux/amd64', ['linux/amd64/v2', 'linux/amd64/v1'], 'linux/amd64/v1'],
    ['linux/amd64/v3', ['linux/amd64', 'linux/amd64/v2', 'linux/amd64/v4'], 'linux/amd64/v2'],
    ['linux/amd64', ['linux/arm64', 'linux/386'], 'linux/386'],
    ['linux/arm64/v8', ['linux/arm/v7'], 'linux/arm/v7'],
    ['linux/arm64', ['linux/arm/v6', 'linux/arm64'], 'linux/arm64'],
    ['linux/arm64/v8', ['linux/arm64/v9', 'linux/arm/v6', 'linux/arm/v7'], 'linux/arm/v7'],
    ['linux/arm64/v8.2', ['linux/arm64/v8.5', 'linux/arm64/v8.1', 'linux/arm64'], 'linux/arm64/v8.1'],
    ['linux/arm64/v9', ['linux/arm64', 'linux/arm64/v8.5', 'linux/arm64/v8.6'], 'linux/arm64/v8.5'],
    ['linux/riscv64', ['linux/amd64', 'linux/riscv64'], 'linux/riscv64'],
    ['linux/x86_64', ['linux/amd64/v2', 'linux/x86-64'], 'linux/x86-64'],
    ['linux/amd64/2', ['linux/amd64/v3', 'linux/amd64'], 'linux/amd64'],
    ['linux/aarch64', ['linux/armhf', 'linux/armel'], 'linux/armhf'],
    ['linux/armel', ['linux/armhf', 'linux/arm/5'], 'linux/arm/5'],
    ['linux/arm/v7', ['linux/arm/v4', 'linux/arm/6'], 'linux/arm/6'],
    ['linux/i386', ['linux/386/v1', 'linux/386'], 'linux/386'],
    ['linux/arm64/v9.4', ['linux/arm64/v9.5', 'linux/arm64/8', 'linux/arm64/v8.9'], 'linux/arm64/v8.9'],
  ])('on %s of %j is %s', (wanted, listed, right) => {
    expect(chosen(wanted, listed)).toBe(right);
    expect(chosen(wanted, listed.toReversed())).toBe(right);
  });

  test.each<[string, string[]]>([
    ['linux/amd64', ['linux/amd64/v3', 'linux/amd64/v2']],
    ['linux/arm/v6', ['linux/arm/v7', 'linux/arm/v8', 'linux/arm']],
    ['linux/arm/v7', ['linux/arm64', 'windows/arm/v7']],
    ['linux/arm64', ['linux/arm64/v9', 'linux/amd64']],
    ['linux/386', ['linux/amd64']],
    ['linux/riscv64', ['linux/riscv64/rva22']],
    ['linux/amd64', ['unknown/unknown']],
    ['linux/amd64/v4x', ['linux/amd64', 'linux/amd64/v3']],
    ['linux/arm64/v10', ['linux/arm64', 'linux/arm/v7', 'linux/arm64/v10']],
    ['linux/386', ['linux/386/sse2', 'darwin/386']],
    ['linux/arm/v4', ['linux/arm/v5', 'linux/arm']],
  ])('on %s of %j is none', (wanted, listed) => expect(chosen(wanted, listed)).toBeUndefined());

  test('is one without a platform if no other fits, and never an attestation', () => {
    const attestation = { name: 'attestation', platform: { os: 'unknown', architecture: 'unknown' } };
    const silent = [
      { name: 'absent' },
      { name: 'null', platform: null },
      { name: 'other', platform: { os: 'linux', architecture: 's390x' } },
    ];
    const wanted = { os: 'linux', architecture: 'amd64' };

    expect(choosePlatform([attestation, ...silent], wanted)?.name).toBe('absent');
    expect(choosePlatform([...silent, { name: 'fits', platform: { os: '', architecture: '386' } }], wanted)?.name).toBe(
      'fits',
    );
    expect(choosePlatform([attestation], wanted)).toBeUndefined();
  });

  test('is none that requires features of the system', () => {
    const asking = { platform: { os: 'linux', architecture: 'amd64', 'os.features': ['x'] } };
    const plain = { platform: { os: 'LINUX', architecture: 'AMD64', variant: 'V1', 'os.features': [] } };
    expect(choosePlatform([asking, plain], { os: 'linux', architecture: 'amd64' })).toBe(plain);
    expect(choosePlatform([asking], { os: 'linux', architecture: 'amd64' })).toBeUndefined();
  });

  test.each(['x64', 'ia32', 'arm', 'arm64', 'riscv64', 's390x'])('on a machine of %s is its own', (arch) => {
    const own = ownPlatform(arch);
    expect(choosePlatform([{ platform: own }], own)).toEqual({ platform: own });
  });
});
