import { cp, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CREDENTIAL_PROMOTED } from '@connected-registry/protocol/messages/pullCheckMessages';
import { mainSecretName } from '@connected-registry/protocol/names/names';
import { startChild, type Child } from '../../../../test/shared/childProcess.js';
import { ofRing } from '../../../../test/shared/ring.js';
import { cloudEvent, promotion } from '../under-test/agentUnderTest.js';
import { CLIENT, FakeApp } from '../under-test/fakeApp.js';
import { startFakeRegistry } from '../under-test/fakeRegistry.js';

/*
 * The real program, killed before its first step, its second, and so on until it has done all of them. A step is what
 * changes the disk, or a request or answer; the next process on the folder must end as if nothing had been killed.
 */

const KILLER = new URL('../under-test/killAfter.mjs', import.meta.url).href;
const NAME = 'myregistry/myconnectedregistry/device-1';
/** More steps than a program has. */
const TOO_MANY = 200;
/** Steps between two that are tried where one more program is killed than in the tests of every step. */
const STRIDE = ofRing({ default: 5, long: 1 });
/** Programs that run at the same time: each mostly starts. */
const AT_ONCE = 4;

let above: string;
const worlds: World[] = [];
beforeEach(async () => {
  above = await mkdtemp(join(tmpdir(), 'killed-'));
});
afterEach(async () => {
  await Promise.all(worlds.splice(0).map((world) => world.close()));
  await rm(above, { recursive: true, maxRetries: 5 });
});

/** An app, and a device with a join token. */
class World {
  readonly #children: Child[] = [];

  private constructor(
    readonly app: FakeApp,
    readonly folder: string,
    readonly tokenFile: string,
  ) {}

  static async create(): Promise<World> {
    const place = await mkdtemp(join(above, 'world-'));
    const app = await FakeApp.start(() => new Date());
    const world = new World(app, join(place, 'device'), join(place, 'token'));
    worlds.push(world);
    await writeFile(world.tokenFile, app.issue());
    return world;
  }

  /** @param killAt as in killAfter.mjs */
  run(args: string[], env: Record<string, string>, killAt?: number): Child {
    const killing = killAt === undefined ? {} : { NODE_OPTIONS: `--import=${KILLER}`, KILL_AT: String(killAt) };
    const child = startChild('agent/main.js', args, { JOIN_FOLDER: this.folder, ...env, ...killing });
    this.#children.push(child);
    return child;
  }

  join(more: string[] = [], killAt?: number): Child {
    return this.run(['join', '--token-file', this.tokenFile, '--url', this.app.url, ...more], {}, killAt);
  }

  /** Starts an agent that asks without a pause. */
  start(killAt?: number, more: Record<string, string> = {}): Child {
    const env = { CHANNEL: 'joined', PORT: '0', POLL_WAIT_SECONDS: '0', POLL_INTERVAL_SECONDS: '0.01' };
    return this.run([], { ...env, ...more }, killAt);
  }

  async membership(): Promise<{ thumbprint: string; renewal?: unknown }> {
    return JSON.parse(await readFile(join(this.folder, 'membership.json'), 'utf8')) as {
      thumbprint: string;
      renewal?: unknown;
    };
  }

  async files(): Promise<string[]> {
    return (await readdir(this.folder)).filter((name) => name.endsWith('.json') || name.endsWith('.new'));
  }

  async close(): Promise<void> {
    await Promise.all(this.#children.map((child) => child.end('SIGKILL')));
    await this.app.close();
  }
}

/**
 * Tries every step until the program was not killed any more.
 * @param tryStep returns whether the program did all of its steps
 * @param stride 2 tries every second step, and so on
 * @returns how often it was killed
 */
async function everyStep(tryStep: (at: number) => Promise<boolean>, stride = 1): Promise<number> {
  let killed = 0;
  for (let at = 1; at < TOO_MANY; at += AT_ONCE * stride) {
    const steps = Array.from({ length: AT_ONCE }, (_, more) => tryStep(at + more * stride));
    const complete = (await Promise.all(steps)).filter(Boolean).length;
    killed += AT_ONCE - complete;
    if (complete > 0) return killed;
  }
  throw new Error('the program has more steps than expected');
}

describe('killed before any step', () => {
  test('a join is completed by the same command, with the keys that the app may have', async () => {
    const killed = await everyStep(async (at) => {
      const world = await World.create();
      const { app } = world;
      const code = await world.join([], at).exit;
      const known = app.joined?.thumbprint;
      const last = code === null ? world.join() : undefined;
      expect((await last?.exit) ?? code, `killed before step ${at}: ${last?.stderr()}`).toBe(0);
      const { thumbprint } = await world.membership();
      expect(await world.files(), `killed before step ${at}`).toEqual([`keys-${thumbprint}.json`, 'membership.json']);
      expect(thumbprint).toBe(app.joined?.thumbprint);
      expect(thumbprint, `killed before step ${at}`).toBe(known ?? thumbprint);
      expect(app.refused).toEqual([]);
      return code === 0;
    });
    expect(killed).toBeGreaterThan(20);
  });

  test('a join in place of another is completed by the same command, and the old keys are gone', async () => {
    const killed = await everyStep(async (at) => {
      const world = await World.create();
      const { app } = world;
      expect(await world.join().exit).toBe(0);
      const before = await world.membership();
      await writeFile(world.tokenFile, app.issue());
      const code = await world.join(['--again'], at).exit;
      const known = app.joined?.thumbprint;
      const last = code === null ? world.join(['--again']) : undefined;
      expect((await last?.exit) ?? code, `killed before step ${at}: ${last?.stderr()}`).toBe(0);
      const { thumbprint } = await world.membership();
      expect(await world.files(), `killed before step ${at}`).toEqual([`keys-${thumbprint}.json`, 'membership.json']);
      expect(thumbprint).not.toBe(before.thumbprint);
      expect(thumbprint).toBe(app.joined?.thumbprint);
      expect(known, `killed before step ${at}`).toBeOneOf([before.thumbprint, thumbprint]);
      expect(app.refused).toEqual([]);
      return code === 0;
    }, STRIDE);
    expect(killed).toBeGreaterThan(20 / STRIDE);
  });

  test('a renewal is completed by the next agent', async () => {
    const joined = await World.create();
    expect(await joined.join().exit).toBe(0);
    const before = await joined.membership();

    const killed = await everyStep(async (at) => {
      const world = await World.create();
      world.app.joined = joined.app.joined;
      await cp(joined.folder, world.folder, { recursive: true });
      const old = { ...before, url: world.app.url, keysSince: '2020-01-01T00:00:00Z' };
      await writeFile(join(world.folder, 'membership.json'), JSON.stringify(old));

      const first = world.start(at);
      const isComplete = await renews(first, world, before.thumbprint);
      await first.end();
      const next = isComplete ? undefined : world.start();
      const isRenewed = next === undefined || (await renews(next, world, before.thumbprint));
      await next?.end();
      expect(isRenewed, `killed before step ${at}: ${next?.stderr()}`).toBe(true);
      const { thumbprint } = await world.membership();
      expect(await world.files(), `killed before step ${at}`).toEqual([`keys-${thumbprint}.json`, 'membership.json']);
      expect(thumbprint).toBe(world.app.joined?.thumbprint);
      return isComplete;
    });
    expect(killed).toBeGreaterThan(15);
  });

  test('a promoted credential is delivered and acknowledged by the next agent', async () => {
    const joined = await World.create();
    expect(await joined.join().exit).toBe(0);
    const secret = mainSecretName(CLIENT);
    const value = { auths: { 'edge.example': { auth: Buffer.from('device-1:promoted').toString('base64') } } };

    const killed = await everyStep(async (at) => {
      const world = await World.create();
      const { app } = world;
      app.joined = joined.app.joined;
      await cp(joined.folder, world.folder, { recursive: true });
      await writeFile(
        join(world.folder, 'membership.json'),
        JSON.stringify({ ...(await joined.membership()), url: app.url }),
      );
      const version = app.addSecret(secret, JSON.stringify(value));
      const expiresAt = new Date(Date.now() + 600_000).toISOString();
      const promoted = { secret: { name: secret, version }, keyId: 'k1', reportKey: 'report-key', expiresAt };
      app.messages = [cloudEvent(promotion(promoted), CREDENTIAL_PROMOTED)];

      const file = join(world.folder, '..', 'config.json');
      const isComplete = await delivers(world.start(at, { DOCKER_CONFIG_FILE: file }), app);
      const isDelivered = isComplete || (await delivers(world.start(undefined, { DOCKER_CONFIG_FILE: file }), app));
      expect(isDelivered, `killed before step ${at}`).toBe(true);
      expect(JSON.parse(await readFile(file, 'utf8')), `killed before step ${at}`).toEqual(value);
      expect(app.reports.at(-1)).toMatchObject({ path: '/api/promotions/onboard-hello.run1', body: { version } });
      expect(await readdir(join(world.folder, '..'))).toEqual(
        expect.not.arrayContaining([expect.stringMatching(/new|tmp/)]),
      );
      return isComplete;
    }, STRIDE);
    expect(killed).toBeGreaterThan(15 / STRIDE);
  });
});

/** Waits until the agent has acknowledged what was promoted, and ends it. @returns false if it was killed before */
async function delivers(agent: Child, app: FakeApp): Promise<boolean> {
  const before = app.reports.length;
  const ended = agent.exit.then(() => true);
  while (!agent.stderr().includes('"promotion acknowledged"')) {
    const isOver = await Promise.race([ended, new Promise<false>((resolve) => setTimeout(resolve, 20, false))]);
    if (isOver) return false;
  }
  return (await agent.end()) === 0 && app.reports.length > before;
}

/** Waits until the agent has renewed its keys, and removed the old ones. @returns false if it was killed before */
async function renews(agent: Child, world: World, old: string): Promise<boolean> {
  const ended = agent.exit.then(() => true);
  for (;;) {
    const { thumbprint, renewal } = await world.membership();
    if (thumbprint !== old && renewal === undefined && (await world.files()).length === 2) return true;
    const isOver = await Promise.race([ended, new Promise<false>((resolve) => setTimeout(resolve, 20, false))]);
    if (isOver) return false;
  }
}

describe('the program', () => {
  test('joins, and says with its exit code what it could not', async () => {
    const world = await World.create();
    const end = async (...more: string[]) => {
      const child = world.join(more);
      return [await child.exit, child.stdout(), child.stderr()];
    };
    const token = world.app.issue({ isExpired: true });
    await writeFile(world.tokenFile, token);
    const refused = await end();
    expect(refused).toEqual([3, '', expect.stringContaining('The join token has expired')]);
    expect(refused.join()).not.toContain(token);

    await writeFile(world.tokenFile, world.app.issue());
    expect(await end()).toEqual([0, `JOINED ${NAME}\n`, '']);
    await writeFile(world.tokenFile, world.app.issue());
    expect(await end()).toEqual([1, '', expect.stringContaining('--again')]);
    expect(await end('--again')).toEqual([0, `JOINED ${NAME}\n`, '']);

    await rm(world.tokenFile);
    expect(await end()).toEqual([2, '', expect.stringContaining('--token-file: cannot be read (ENOENT)')]);
  });

  test('makes one check with a sealed secret, beside an agent that runs', async () => {
    const world = await World.create();
    await world.join().exit;
    await world.start().says(/DEVICE READY/);
    const registry = await startFakeRegistry();
    try {
      const auth = Buffer.from('device-1:password-of-one-check').toString('base64');
      const secret = mainSecretName(CLIENT);
      world.app.addSecret(secret, JSON.stringify({ auths: { [registry.host]: { auth } } }));
      const args = ['--once', '--channel', 'joined', '--secret', secret, '--image', 'app:latest'];
      const once = world.run(args, { INSECURE_REGISTRIES: registry.host });
      expect([await once.exit, once.stderr()]).toEqual([0, '']);
      expect(JSON.parse(once.stdout())).toMatchObject({ image: 'app:latest', outcome: 'pulled' });
      const basic = registry.seen.find(({ path }) => path === '/token')?.authorization;
      expect(basic).toBe(`Basic ${auth}`);
    } finally {
      await registry.close();
    }
  });

  test('is refused a folder that another one has, and gets it once that was killed', async () => {
    const world = await World.create();
    await world.join().exit;
    const first = world.start();
    await first.says(/DEVICE READY/);
    const second = world.start();
    expect([await second.exit, second.stderr()]).toEqual([1, expect.stringContaining('is in use by another process')]);
    await first.end('SIGKILL');
    await world.start().says(/DEVICE READY/);
  });
});
