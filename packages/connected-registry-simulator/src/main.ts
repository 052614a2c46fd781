import { systemClock } from './edgeClock.js';
import { startEdge } from './edge.js';
import { logToStderr } from './log.js';
import { BadSettings, USAGE, readSettings } from './settings.js';
import { makeUsable, PathError } from '@connected-registry/clock/files/usableFolder';
import { bySchedule, everySeconds } from './sync/schedule.js';
import { upstreamSource } from './sync/source.js';

async function main(): Promise<void> {
  const settings = readSettings(process.argv.slice(2), process.env);
  if (settings === 'help') {
    process.stdout.write(USAGE);
    return;
  }
  makeUsable(settings.directory, '--data');
  const edge = await startEdge({
    port: settings.port,
    directory: settings.directory,
    registry: settings.upstream.registry,
    source: upstreamSource(settings.upstream),
    schedule: settings.syncSeconds === undefined ? bySchedule : everySeconds(settings.syncSeconds),
    clock: systemClock,
    log: logToStderr,
  });
  const stop = () => void edge.close().then(() => process.exit(0));
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  await edge.synced;
  process.stdout.write(`EDGE READY http://localhost:${edge.port}\n`);
}

main().catch((error: unknown) => {
  if (error instanceof BadSettings) {
    process.stderr.write(`${error.message}\n\n${USAGE}`);
    process.exit(2);
  }
  if (error instanceof PathError) {
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
  const taken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
  process.stderr.write(
    taken ? 'the port is taken; choose another with --port\n' : `the edge cannot start: ${String(error)}\n`,
  );
  process.exit(1);
});
