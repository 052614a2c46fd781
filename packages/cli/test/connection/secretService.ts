import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import { text } from 'node:stream/consumers';

/** How a program ended. */
interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Ends a program's stdin. One that does not read it may have ended before: EPIPE. */
function endInput(stdin: Writable, input: string): void {
  stdin.on('error', () => undefined);
  stdin.end(input);
}

/** Runs a program to its end. @param input for its stdin */
export async function run(
  [program, ...args]: readonly [string, ...string[]],
  env: Readonly<Record<string, string>>,
  input = '',
): Promise<Ended> {
  const child = spawn(program, args, { env: { PATH: process.env['PATH'], ...env }, stdio: 'pipe' });
  endInput(child.stdin, input);
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { code: code as number | null, out, err };
}

/** A session of a user who has a Secret Service: D-Bus and GNOME Keyring of the distribution. */
export class Session {
  readonly #home = mkdtempSync(join(tmpdir(), 'crctl-session-'));
  readonly #processes: ChildProcess[] = [];
  #address = '';

  /** What programs of the session need. There is no display, so nobody can be asked for a password. */
  get env(): Readonly<Record<string, string>> {
    return { HOME: this.#home, DBUS_SESSION_BUS_ADDRESS: this.#address };
  }

  /** @param password of the user, with which the keyring is made, or opened; without one it stays locked */
  async start(password: string | undefined): Promise<void> {
    const bus = this.#spawn('dbus-daemon', ['--session', '--nofork', '--print-address=1']);
    const [address] = (await once(bus.stdout, 'data')) as [Buffer];
    this.#address = address.toString('utf8').trim();
    const how = password === undefined ? '--start' : '--unlock';
    const keyring = this.#spawn('gnome-keyring-daemon', [how, '--foreground', '--components=secrets']);
    endInput(keyring.stdin, password === undefined ? '' : `${password}\n`);
    // It has its name on the bus a moment after it has started.
    const named = ['--session', '--dest=org.freedesktop.DBus', '--print-reply', '/org/freedesktop/DBus'];
    const asked = [...named, 'org.freedesktop.DBus.NameHasOwner', 'string:org.freedesktop.secrets'];
    while (!(await run(['dbus-send', ...asked], this.env)).out.includes('boolean true'))
      if (keyring.exitCode !== null) throw new Error('gnome-keyring-daemon has ended.');
  }

  /** Ends the user's session. What the keyring has kept stays. */
  async end(): Promise<void> {
    for (const child of this.#processes.splice(0).reverse()) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const closed = once(child, 'close');
      child.kill();
      await closed;
    }
  }

  async dispose(): Promise<void> {
    await this.end();
    rmSync(this.#home, { recursive: true, force: true, maxRetries: 5 });
  }

  #spawn(program: string, args: readonly string[]) {
    const env = { PATH: process.env['PATH'], ...this.env };
    const child = spawn(program, args, { env, stdio: ['pipe', 'pipe', 'ignore'] });
    this.#processes.push(child);
    return child;
  }
}
