import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { FollowedClock } from '@connected-registry/clock/processClock';
import { startHostInProcess } from '@connected-registry/functions-host/host';
import type { LogEntry } from '@connected-registry/functions-host/log/log';
import { appEnvironment } from '../stack/environments.js';
import { projectRoot } from '@connected-registry/clock/files/projectRoot';
import type { Cloud } from './cloud.js';
import type { Edges } from './edges.js';

/** The app on its host. */
export interface AppHost {
  readonly url: string;
  /** Opens every operator route. */
  readonly key: string;
  stop(): Promise<void>;
  /** Its log so far, line by line. */
  log(): readonly string[];
}

/** Maximum lines of the log that are kept. */
const MAX_LINES = 20_000;

/** The app's settings for a year: those of a deployment, with the simulators' addresses. */
export function settingsFor(
  cloud: Cloud,
  edges: Edges,
  more: Readonly<Record<string, string>>,
): Record<string, string> {
  const places = { azureUrl: cloud.url, functionsUrl: '', edgeHost: '', clockUrl: '', caFile: '' };
  const reportKeys = `k1:${randomBytes(32).toString('base64url')}`;
  const { PULL_CHECK_RETRY_SECONDS: _bySchedule, ...defaults } = appEnvironment(cloud.world, places, reportKeys, 60);
  return { ...(defaults as Record<string, string>), ALLOWED_ENDPOINTS: edges.hosts.join(), ...more };
}

/** Runs the app in this process, with nothing on disk. Its settings are set where apps read theirs. */
export async function startHere(
  settings: Readonly<Record<string, string>>,
  clock: FollowedClock,
  folder: string,
): Promise<AppHost> {
  Object.assign(process.env, settings);
  const lines: string[] = [];
  const host = await startHostInProcess({
    appDir: projectRoot(),
    dataDir: join(folder, 'host'),
    port: 0,
    clock,
    logSink: (entry) => keep(lines, entry),
    durable: { inMemory: true, earlyTimers: true },
  });
  return { url: host.url, key: host.keys.function, stop: () => host.stop(), log: () => lines };
}

/** Keeps audit lines, warnings and errors. */
function keep(lines: string[], { level, message, time }: LogEntry): void {
  if (level === 'information' && !message.startsWith('{')) return;
  lines.push(`${time.toISOString()} ${level} ${message}`);
  if (lines.length > MAX_LINES) lines.shift();
}
