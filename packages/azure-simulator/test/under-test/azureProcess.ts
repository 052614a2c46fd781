import { spawn, type ChildProcess } from 'node:child_process';
import { compiled } from '@connected-registry/clock/files/projectRoot';
import { until } from '../../../../test/shared/until.js';

const PRELOAD = new URL('../../../clock/dist/preload.js', import.meta.url).href;
const MAIN = compiled('azure-simulator/main.js');

interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** The simulator as a process, with its output and exit code. */
export class AzureProcess {
  stdout = '';
  stderr = '';
  readonly ended: Promise<Ended>;
  readonly #child: ChildProcess;

  /** @param clockUrl of the clock that it follows; without one it uses the machine's time */
  constructor(args: readonly string[], clockUrl?: string) {
    const { LOCAL_CLOCK_URL: _clock, ...own } = process.env;
    const env = clockUrl === undefined ? own : { ...own, LOCAL_CLOCK_URL: clockUrl };
    const preloaded = clockUrl === undefined ? [] : ['--import', PRELOAD];
    this.#child = spawn(process.execPath, [...preloaded, MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'], env });
    this.#child.stdout?.on('data', (chunk: Buffer) => (this.stdout += chunk.toString()));
    this.#child.stderr?.on('data', (chunk: Buffer) => (this.stderr += chunk.toString()));
    this.ended = new Promise((resolve) => {
      this.#child.once('close', (code) => resolve({ code, stdout: this.stdout, stderr: this.stderr }));
    });
  }

  async ready(): Promise<string> {
    const { url } = await until(
      () => ({
        url: /^AZURE READY (https:\/\/localhost:\d+)\n$/.exec(this.stdout)?.[1],
        said: this.stdout + this.stderr,
      }),
      (seen): seen is { url: string; said: string } => seen.url !== undefined,
      'the simulator is ready',
      { seconds: 60, pause: 10 },
    );
    return url;
  }

  kill(signal: 'SIGTERM' | 'SIGINT' | 'SIGKILL'): void {
    this.#child.kill(signal);
  }
}
