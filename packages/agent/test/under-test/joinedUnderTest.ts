import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join as path } from 'node:path';
import { DEVICE_MESSAGES_PATH } from '@connected-registry/protocol/enrolment/messages';
import { join } from '../../src/joined/joinCommand.js';
import { readCommand } from '../../src/settings/command.js';
import type { ServiceSettings } from '../../src/settings/command.js';
import { startAgent } from '../../src/startAgent.js';
import type { RunningAgent } from '../../src/startAgent.js';
import { ManualClock } from '../../../../test/shared/manualClock.js';
import { FakeApp } from './fakeApp.js';
import { until } from './until.js';

/**
 * A device that has joined a fake app, with real agents on its folder. App and device have one clock, unless a test
 * gives another.
 */
export class JoinedUnderTest {
  readonly log: string[] = [];
  readonly #agents: RunningAgent[] = [];

  private constructor(
    readonly above: string,
    readonly app: FakeApp,
    readonly clock: ManualClock,
  ) {}

  static async create(): Promise<JoinedUnderTest> {
    const clock = new ManualClock(new Date('2030-01-01T00:00:00Z'));
    const above = await mkdtemp(path(tmpdir(), 'joined-'));
    const it = new JoinedUnderTest(above, await FakeApp.start(() => clock.now()), clock);
    await it.join();
    return it;
  }

  get folder(): string {
    return path(this.above, 'device');
  }

  async join(): Promise<void> {
    await writeFile(this.#tokenFile, this.app.issue());
    await this.#joins();
  }

  /** Says the last join again, with the same token. Its pauses end at once. */
  async repeatJoin(): Promise<void> {
    let isOver = false;
    const joins = this.#joins().finally(() => (isOver = true));
    joins.catch(() => undefined);
    await until('the end of the join', () => {
      const [wait] = this.clock.pending();
      if (wait !== undefined) this.clock.advance(wait);
      return isOver;
    });
    await joins;
  }

  get #tokenFile(): string {
    return path(this.above, 'token');
  }

  async #joins(): Promise<void> {
    const { url } = this.app;
    await join(
      { tokenFile: this.#tokenFile, url, folder: this.folder, keyType: 'p256', again: true, timeout: 5_000 },
      {
        clock: this.clock,
        input: (async function* () {})(),
        log: (message, facts) => void this.log.push(JSON.stringify({ message, ...facts })),
      },
    );
  }

  /** What the folder says. */
  async membership(): Promise<Record<string, unknown>> {
    return JSON.parse(await readFile(path(this.folder, 'membership.json'), 'utf8')) as Record<string, unknown>;
  }

  async start(
    env: Record<string, string> = {},
    clock: ManualClock = this.clock,
    args: readonly string[] = ['--port', '0'],
  ): Promise<RunningAgent> {
    const command = readCommand([...args, '--channel', 'joined'], {
      JOIN_FOLDER: this.folder,
      POLL_WAIT_SECONDS: '0',
      POLL_INTERVAL_SECONDS: '60',
      ...env,
    });
    const { service } = command as { service: ServiceSettings };
    const agent = await startAgent(service, {
      clock,
      log: (message, facts) => void this.log.push(JSON.stringify({ message, ...facts })),
    });
    this.#agents.push(agent);
    return agent;
  }

  /** Lets the agent ask once more, whatever pause it is in. */
  async poll(clock: ManualClock = this.clock): Promise<void> {
    const asked = () => this.app.asked.filter((one) => one.startsWith(DEVICE_MESSAGES_PATH)).length;
    const before = asked();
    await until('another request', () => {
      const [wait] = clock.pending();
      if (wait !== undefined && asked() === before) clock.advance(wait);
      return asked() > before;
    });
    await until('its end', () => clock.pending().length > 0);
  }

  async close(): Promise<void> {
    await Promise.all(this.#agents.map((agent) => agent.stop()));
    await this.app.close();
    await rm(this.above, { recursive: true, maxRetries: 5 });
  }
}
