/** `functions-host start`: serves a compiled Functions app. */
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { makeUsable } from '@connected-registry/clock/files/usableFolder';
import { flagsOf, help, type Flags } from './commandLine.js';
import { handleCrashes, startErrorText } from './crashes.js';
import { startHostInProcess, type RunningHost } from './host.js';
import { captureConsole } from './log/capturedConsole.js';
import { jsonLine, streamSink, textLine } from './log/consoleSink.js';
import { ensureError } from './worker/errors.js';
import { watchApp } from './watch.js';

const folder = path.dirname(fileURLToPath(import.meta.url));

function fail(message: string, code: number): never {
  process.stderr.write(`${message}\n`);
  process.exit(code);
}

async function serve(given: Flags): Promise<void> {
  const sink = streamSink(process.stderr, given.jsonLog ? jsonLine : textLine);
  let running: RunningHost | undefined;
  let stopping = false;
  const stop = (): void => {
    if (stopping) process.exit(1);
    stopping = true;
    if (running === undefined) process.exit(0);
    void running.stop().then(() => process.exit(0));
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  handleCrashes({
    sink,
    ownFolder: folder,
    strict: given.strict,
    failRunning: () => running?.failRunning(),
    end: () => process.exit(1),
  });
  const giveBack = captureConsole((message) =>
    sink({ time: new Date(), level: 'information', category: 'Host.Function.Console', message, fields: {} }),
  );
  const { appDir, dataDir, dataFlag, port, strict, earlyTimers } = given;
  try {
    makeUsable(dataDir, dataFlag);
    running = await startHostInProcess({
      appDir,
      dataDir,
      strict,
      logSink: sink,
      ...(port === undefined ? {} : { port }),
      ...(earlyTimers ? { durable: { earlyTimers } } : {}),
    });
  } catch (error) {
    giveBack();
    fail(startErrorText(error, folder), 1);
  }
  // After the log messages about the start.
  await new Promise((resolve) => setImmediate(resolve));
  process.stderr.write(running.functionList);
  process.stdout.write(`HOST READY ${running.url}\n`);
}

let given: Flags | undefined;
try {
  given = flagsOf(process.argv.slice(2));
} catch (error) {
  fail(`${ensureError(error).message}\n\n${help}`, 2);
}
if (given === undefined) process.stdout.write(help);
else if (given.watch)
  await watchApp({
    appDir: given.appDir,
    dataDir: given.dataDir,
    script: process.argv[1] ?? '',
    args: process.argv.slice(2),
  });
else await serve(given);
