import { request, type IncomingMessage } from 'node:http';
import { createInterface } from 'node:readline';
import { Activity } from './activity.js';
import { clockMessage, type ClockMessage, type ClockRegistration } from './messages.js';
import type { FollowedClock } from './processClock.js';
import { TimelineClock } from './timelineClock.js';

/** Real milliseconds before a lost connection is tried again. */
const reconnectAfter = 200;

/**
 * Follows the clock at `url` under a name. The connection does not keep the process alive; while it is lost, time
 * continues at its pace.
 * @returns the clock, once it knows the time
 * @throws Error if there is no clock at the address
 */
export async function followClock(url: string, name: string): Promise<FollowedClock> {
  const follower = new Follower(url, name);
  await follower.connect();
  const { clock, activity } = follower;
  return {
    now: () => clock.now(),
    setTimer: (at, run, options) => clock.setTimer(at, run, options),
    working: (work) => activity.working(work),
  };
}

class Follower {
  readonly clock = new TimelineClock();
  readonly activity = new Activity();
  readonly #url: string;
  readonly #name: string;

  constructor(url: string, name: string) {
    this.#url = url;
    this.#name = name;
  }

  async connect(): Promise<void> {
    const stream = await this.#open('GET', `/follow?name=${encodeURIComponent(this.#name)}`);
    stream.socket.unref();
    await new Promise<void>((resolve) => {
      createInterface({ input: stream })
        .on('line', (line) => {
          void this.#receive(clockMessage.parse(JSON.parse(line))).then(resolve);
        })
        .once('close', () => this.#lost());
      stream.on('error', () => undefined);
    });
  }

  /** The clock normally ends with the launcher. If it starts again, this process follows it again. */
  #lost(): void {
    this.clock.release();
    setTimeout(() => {
      this.connect().catch(() => this.#lost());
    }, reconnectAfter).unref();
  }

  async #receive(message: ClockMessage): Promise<void> {
    let idle = false;
    switch (message.kind) {
      case 'time':
        this.clock.follow(message.timeline, { hold: message.hold });
        break;
      case 'release':
        this.clock.release();
        break;
      case 'ask':
        await this.activity.idle();
        idle = true;
        break;
    }
    await this.#report({
      name: this.#name,
      idle,
      nextDue: this.clock.nextDue()?.toISOString() ?? null,
      seen: this.activity.seen,
      answers: message.number,
    });
  }

  async #report(registration: ClockRegistration): Promise<void> {
    // If the clock has ended, the end of the stream reports that too.
    const answer = await this.#open('POST', '/processes', JSON.stringify(registration)).catch(() => undefined);
    answer?.resume();
  }

  #open(method: string, path: string, body?: string): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const sent = request(`${this.#url}${path}`, { method, agent: false }, (response) => {
        if (response.statusCode === 200) resolve(response);
        else reject(new Error(`The clock at ${this.#url} answered ${response.statusCode ?? 0} to ${method} ${path}.`));
      });
      this.activity.disregard(sent);
      sent.once('error', reject);
      sent.end(body);
    });
  }
}
