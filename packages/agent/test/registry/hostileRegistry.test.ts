import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { PullFailure } from '../../src/pullFailure.js';
import { get } from '../../src/registry/http.js';
import { pull } from '../../src/registry/pull.js';
import type { Pulled } from '../../src/registry/pull.js';
import { startFakeRegistry } from '../under-test/fakeRegistry.js';
import type { FakeRegistry } from '../under-test/fakeRegistry.js';

const PASSWORD = 'the-password';
const BASIC = `Basic ${Buffer.from(`user:${PASSWORD}`).toString('base64')}`;

let registry: FakeRegistry;
let other: FakeRegistry;
beforeEach(async () => {
  [registry, other] = await Promise.all([startFakeRegistry(), startFakeRegistry()]);
});
afterEach(async () => {
  vi.useRealTimers();
  await Promise.all([registry.close(), other.close()]);
});

interface Attempt {
  readonly image?: string;
  readonly retryDelays?: number[];
  /** Milliseconds; by default more than an answer takes on any machine. */
  readonly idleTimeout?: number;
}

function attempt({ image = 'app:latest', retryDelays = [], idleTimeout = 60_000 }: Attempt = {}): Promise<Pulled> {
  return pull({
    credentials: { endpoint: registry.host, username: 'user', password: PASSWORD },
    image,
    platform: { os: 'linux', architecture: 'amd64' },
    policy: { insecureRegistries: new Set([registry.host, other.host]), idleTimeout, retryDelays },
    signal: AbortSignal.timeout(100_000),
  });
}

async function outcomeOf(how?: Attempt): Promise<string> {
  return attempt(how).then(
    () => 'pulled',
    (error: unknown) => (error instanceof PullFailure ? error.outcome : String(error)),
  );
}

const isLayer = (url: string | undefined) => url === `/v2/app/blobs/${registry.layerDigest}`;

test('a pull from an honest registry succeeds and sends the password to its token endpoint only', async () => {
  await attempt();
  const withPassword = registry.seen.filter(({ authorization }) => authorization === BASIC);
  expect(withPassword.map(({ path }) => path)).toEqual(['/token']);
});

describe('the password', () => {
  test('is not sent to a token realm on another host', async () => {
    registry.override = (request, response) => {
      if (request.headers.authorization) return false;
      const challenge = `Bearer realm="${other.url}/token",service="fake",scope="repository:app:pull"`;
      response.writeHead(401, { 'www-authenticate': challenge }).end();
      return true;
    };

    expect(await outcomeOf()).toBe('error');
    expect(other.seen).toEqual([]);
  });

  test('is not sent to the target of a token endpoint’s redirect', async () => {
    registry.override = (request, response) => {
      if (!request.url?.startsWith('/token')) return false;
      response.writeHead(307, { location: `${other.url}/token` }).end();
      return true;
    };

    expect(await outcomeOf()).toBe('error');
    expect(other.seen).toEqual([]);
  });

  test('is not sent with a blob request, which follows the registry’s redirect', async () => {
    registry.override = (request, response) => {
      if (!isLayer(request.url)) return false;
      response.writeHead(307, { location: `${other.url}/somewhere` }).end();
      return true;
    };
    other.override = (_request, response) => {
      response.end(registry.layer);
      return true;
    };

    expect(await outcomeOf()).toBe('pulled');
    expect(other.seen).toEqual([{ path: '/somewhere', authorization: undefined }]);
  });

  test('is not sent, and no redirect is followed, to a host for which plain http is not allowed', async () => {
    registry.override = (request, response) => {
      if (!isLayer(request.url)) return false;
      response.writeHead(302, { location: `http://127.0.0.1:${other.host.split(':')[1]}/x` }).end();
      return true;
    };

    expect(await outcomeOf()).toBe('tls');
    expect(other.seen).toEqual([]);
  });

  test('is sent to the registry itself if it asks for Basic', async () => {
    registry.override = (request, response) => {
      if (request.headers.authorization === BASIC) request.headers.authorization = 'Bearer fake-bearer-token';
      if (request.headers.authorization) return false;
      response.writeHead(401, { 'www-authenticate': 'Basic realm="registry"' }).end();
      return true;
    };
    expect(await outcomeOf()).toBe('pulled');
  });
});

describe('the pulled content', () => {
  const corrupt: [string, (bytes: Buffer) => Buffer][] = [
    ['one bit turned', (bytes) => Buffer.from(bytes).fill(1, 100, 101)],
    ['cut short', (bytes) => bytes.subarray(0, -1)],
    ['too long', (bytes) => Buffer.concat([bytes, bytes])],
  ];
  test.each(corrupt)('of a layer with %s is a digest mismatch', async (_how, change) => {
    registry.override = (request, response) => {
      if (!isLayer(request.url)) return false;
      response.end(change(registry.layer));
      return true;
    };
    expect(await outcomeOf()).toBe('digest-mismatch');
  });

  test('of a manifest with another digest than the requested one is a digest mismatch', async () => {
    registry.override = (request, response) => {
      if (!request.url?.includes('/manifests/') || !request.headers.authorization) return false;
      response.end(registry.manifest);
      return true;
    };
    expect(await outcomeOf({ image: `app@sha256:${'1'.repeat(64)}` })).toBe('digest-mismatch');
  });

  test('of a manifest with another digest than its header claims is a digest mismatch', async () => {
    registry.override = (request, response) => {
      if (!request.url?.includes('/manifests/') || !request.headers.authorization) return false;
      response.setHeader('docker-content-digest', `sha256:${'2'.repeat(64)}`).end(registry.manifest);
      return true;
    };
    expect(await outcomeOf()).toBe('digest-mismatch');
  });
});

describe('lost connections and waits', () => {
  const failing = (times: number, status: number | 'hang up' | 'break off') => {
    let left = times;
    registry.override = (request, response) => {
      if (!isLayer(request.url) || left === 0) return false;
      left -= 1;
      if (status === 'hang up') request.socket.destroy();
      else if (status === 'break off') {
        response.writeHead(200, { 'content-length': registry.layer.length }).write(registry.layer.subarray(0, 1000));
        setTimeout(() => request.socket.destroy(), 20);
      } else response.writeHead(status).end();
      return true;
    };
  };

  test.each([503, 429, 500, 'hang up', 'break off'] as const)('the pull succeeds after %s twice', async (status) => {
    failing(2, status);
    expect(await outcomeOf({ retryDelays: [1, 1] })).toBe('pulled');
  });

  test.each([503, 'hang up', 'break off'] as const)(
    'the pull ends as unreachable if %s repeats for ever',
    async (status) => {
      failing(Infinity, status);
      expect(await outcomeOf({ retryDelays: [1, 1] })).toBe('unreachable');
    },
  );

  test('a registry that accepts and never answers is unreachable', async () => {
    registry.override = () => true;
    expect(await outcomeOf({ idleTimeout: 100 })).toBe('unreachable');
  });

  test('a body that stops is unreachable, however much of it came', async () => {
    registry.override = (request, response) => {
      if (!isLayer(request.url)) return false;
      response.write(registry.layer.subarray(0, 150_000));
      return true;
    };
    expect(await outcomeOf({ idleTimeout: 1000 })).toBe('unreachable');
  });

  test('a body that comes slowly is waited for, from each piece anew', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    let write: (text: string) => void = () => undefined;
    registry.override = (_request, response) => {
      write = (text) => void (text === '' ? response.end() : response.write(text));
      write('0');
      return true;
    };
    const url = new URL(`${registry.url}/slow`);
    const policy = { insecureRegistries: new Set([registry.host]), idleTimeout: 300, retryDelays: [] };
    const answer = await get({ url, redirects: false }, policy, AbortSignal.timeout(100_000));
    const seen: string[] = [];
    for await (const piece of answer.body()) {
      seen.push(String(piece));
      vi.advanceTimersByTime(200);
      write(seen.length < 4 ? String(seen.length) : '');
    }
    expect(seen).toEqual(['0', '1', '2', '3']);
  });

  test('a bearer token that expires during the pull is renewed', async () => {
    let refused = 0;
    registry.override = (request, response) => {
      if (!isLayer(request.url) || refused > 0) return false;
      refused += 1;
      response
        .writeHead(401, { 'www-authenticate': `Bearer realm="${registry.url}/token",error="invalid_token"` })
        .end();
      return true;
    };

    expect(await outcomeOf()).toBe('pulled');
    expect(registry.seen.filter(({ path }) => path === '/token')).toHaveLength(2);
  });
});

test.each([
  ['insufficient-scope', 401, { 'www-authenticate': 'Bearer realm="%/token",error="insufficient_scope"' }, ''],
  ['insufficient-scope', 403, {}, ''],
  ['insufficient-scope', 401, { 'www-authenticate': 'Bearer realm="%/token"' }, '{"errors":[{"code":"DENIED"}]}'],
  ['unauthorized', 401, { 'www-authenticate': 'Bearer realm="%/token"' }, '{"errors":[{"code":"UNAUTHORIZED"}]}'],
  ['error', 418, {}, ''],
  ['error', 200, {}, '{"schemaVersion":1}'],
])('a manifest answered as %s by status %i', async (outcome, status, headers, body) => {
  registry.override = (request, response) => {
    if (!request.url?.includes('/manifests/') || !request.headers.authorization) return false;
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value.replace('%', registry.url));
    response.writeHead(status).end(body);
    return true;
  };
  expect(await outcomeOf()).toBe(outcome);
});
