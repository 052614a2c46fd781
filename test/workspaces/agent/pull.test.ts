import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PullFailure } from '../../../packages/agent/src/pullFailure.js';
import type { HttpPolicy } from '../../../packages/agent/src/registry/http.js';
import { pull } from '../../../packages/agent/src/registry/pull.js';
import type { Pulled } from '../../../packages/agent/src/registry/pull.js';
import {
  FULL_TOKEN,
  PASSWORDS,
  PULL_TOKEN,
  startEdgeUnderTest,
} from '../../../packages/connected-registry-simulator/test/edgeUnderTest.js';
import type { EdgeUnderTest } from '../../../packages/connected-registry-simulator/test/edgeUnderTest.js';
import { bearer } from '../../../packages/connected-registry-simulator/test/registryCalls.js';
import { closedPort } from '../../../packages/agent/test/under-test/fakeRegistry.js';

let edge: EdgeUnderTest;
beforeAll(async () => {
  edge = await startEdgeUnderTest();
});
afterAll(async () => edge.close());

interface Attempt {
  endpoint?: string;
  username?: string;
  password?: string;
  image?: string;
  platform?: { os: string; architecture: string; variant?: string };
  policy?: Partial<HttpPolicy>;
}

function attempt(changes: Attempt = {}): Promise<Pulled> {
  return pull({
    credentials: {
      endpoint: changes.endpoint ?? edge.host,
      username: changes.username ?? FULL_TOKEN,
      password: changes.password ?? PASSWORDS.full,
    },
    image: changes.image ?? 'hello-world:latest',
    platform: changes.platform ?? { os: 'linux', architecture: 'amd64' },
    policy: {
      insecureRegistries: new Set([edge.host]),
      idleTimeout: 5_000,
      retryDelays: [],
      ...changes.policy,
    },
    signal: AbortSignal.timeout(15_000),
  });
}

async function outcomeOf(changes: Attempt): Promise<string> {
  return attempt(changes).then(
    () => 'pulled',
    (error: unknown) => (error instanceof PullFailure ? error.outcome : String(error)),
  );
}

/** The digest that the registry says a tag has. */
async function digestAt(repository: string, tag: string): Promise<string> {
  const token = await bearer(edge, FULL_TOKEN, PASSWORDS.full, `repository:${repository}:pull`);
  const response = await fetch(`${edge.url}/v2/${repository}/manifests/${tag}`, {
    method: 'HEAD',
    headers: { authorization: `Bearer ${token}` },
  });
  return response.headers.get('docker-content-digest') ?? '';
}

describe('pulling from a connected registry', () => {
  test.each(['v1', 'v1-oci', 'v1-multi'])('of samples/app:%s returns the digest of its tag', async (tag) => {
    const pulled = await attempt({ image: `samples/app:${tag}` });
    expect(pulled.digest).toBe(await digestAt('samples/app', tag));
    expect(pulled.bytes).toBeGreaterThan(96 * 1024);
  });

  test('works with the password of either slot', async () => {
    for (const password of [PASSWORDS.one, PASSWORDS.two]) {
      expect(await outcomeOf({ username: PULL_TOKEN, password })).toBe('pulled');
    }
  });

  test('of an image by digest returns that digest', async () => {
    const digest = await digestAt('hello-world', 'latest');
    expect((await attempt({ image: `hello-world@${digest}` })).digest).toBe(digest);
  });

  test('of an index returns the image of its own platform', async () => {
    const image = 'samples/app:v1-multi';
    const arm = { os: 'linux', architecture: 'arm64', variant: 'v8' };

    const [one, two] = [await attempt({ image }), await attempt({ image, platform: arm })];

    expect(one.digest).toBe(two.digest);
    expect(one.bytes).not.toBe(two.bytes);
    expect(await outcomeOf({ image, platform: { os: 'linux', architecture: 's390x' } })).toBe('error');
  });
});

describe('the code of a failed pull', () => {
  test.each<[string, Attempt]>([
    ['unauthorized', { password: 'wrong' }],
    ['unauthorized', { username: 'not-bound' }],
    ['insufficient-scope', { username: PULL_TOKEN, password: PASSWORDS.one, image: 'samples/app:v1' }],
    ['manifest-unknown', { image: 'not-synced:latest' }],
    ['manifest-unknown', { image: 'hello-world:v9' }],
    ['manifest-unknown', { image: `hello-world@sha256:${'0'.repeat(64)}` }],
    ['error', { image: 'hello-world:latest:twice' }],
    ['error', { image: '../token' }],
    ['error', { image: 'hello-world@sha256:short' }],
    ['tls', { policy: { insecureRegistries: new Set() } }],
  ])('is %s for %j', async (outcome, changes) => {
    expect(await outcomeOf(changes)).toBe(outcome);
  });

  test('is unreachable if nothing listens, or the host does not exist', async () => {
    const endpoint = `localhost:${await closedPort()}`;
    expect(await outcomeOf({ endpoint, policy: { insecureRegistries: new Set([endpoint]) } })).toBe('unreachable');
    expect(await outcomeOf({ endpoint })).toBe('unreachable');
    expect(await outcomeOf({ endpoint: 'registry.invalid' })).toBe('unreachable');
  });
});
