import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { commonEnvironment } from '../stack/environments.js';
import { readHostKeys } from '../stack/functionsHost.js';
import { claimPort } from '../stack/ports.js';
import { compiled, projectRoot } from '@connected-registry/clock/files/projectRoot';
import { SupervisedProcess } from '../stack/supervisedProcess.js';
import type { AppHost } from './appHost.js';
import type { StandingTime } from './standingTime.js';

/** The app on its own host, which can be killed. */
export interface KillableApp extends AppHost {
  /** Kills it and starts it again. The clock stands still until it serves. */
  kill(): void;
}

/** Real milliseconds without work after which the host's process counts as idle. */
const IDLE_AFTER_MS = '3';

export interface AppPlaces {
  readonly clockUrl: string;
  readonly caFile: string;
  readonly folder: string;
}

/** Starts the app in a process that follows the clock, with all of its state on disk. */
export async function startApart(
  settings: Readonly<Record<string, string>>,
  { clock }: StandingTime,
  { clockUrl, caFile, folder }: AppPlaces,
): Promise<KillableApp> {
  const data = join(folder, 'host');
  const logFile = join(data, 'log');
  const port = await claimPort(0, '');
  let serves = (): void => undefined;
  const supervised = new SupervisedProcess(
    {
      name: 'host',
      script: compiled('functions-host/main.js'),
      args: ['--app', projectRoot(), '--port', String(port), '--data', data, '--early-timers'],
      env: {
        ...commonEnvironment({ clockUrl, caFile, followClock: true }),
        ...settings,
        LOCAL_CLOCK_SETTLE_MS: IDLE_AFTER_MS,
      },
      ready: /^HOST READY (\S+)$/,
      logFile,
    },
    {
      restarting: (_pid, ready) => void ready.then(() => serves()).catch(() => undefined),
      gaveUp: (reason) => {
        throw new Error(reason);
      },
    },
  );
  const url = await supervised.start();
  const keys = readHostKeys(join(data, 'keys.json'));
  if (!keys) throw new Error('The host serves, but its keys.json cannot be read.');
  return {
    url,
    key: keys.function,
    kill() {
      const again = new Promise<void>((resolve) => (serves = resolve));
      supervised.signal('SIGKILL');
      void clock.working(again);
    },
    stop: () => supervised.stop(),
    log: () => readFileSync(logFile, 'utf8').split('\n'),
  };
}
