/** `node packages/functions-host/dist/main.js --app DIR --port N --data DIR`: serves a compiled Functions app. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { makeUsable } from '@connected-registry/clock/files/usableFolder';
import { startHost, type RunningHost } from './host.js';
import { captureConsole } from './log/capturedConsole.js';
import { jsonLine, streamSink, textLine } from './log/consoleSink.js';
import { ensureError, userStack } from './worker/errors.js';
import { watchApp } from './watch.js';

const help = `Runs an Azure Functions app (Node.js, v4 model, durable-functions 3) as the Functions host does.

  npm run host -- --app DIR [--port N] [--data DIR] [--strict] [--watch] [--json-log] [--early-timers]

  --app DIR    folder with host.json and package.json, whose "main" names the compiled app (default: .)
  --port N     0 takes a free one (default: Host.LocalHttpPort of local.settings.json, else 7071)
  --data DIR   keys.json, timer statuses and the durable journal (default: APP/.local/host)
  --strict     fail with an error where the real host fails silently
  --watch      restart when a file of the app changes
  --json-log   one JSON object a log line
  --early-timers
               durable timers fire up to a second early, as the real host's may (or DURABLE_TIMERS_EARLY=1)
  --help       this text

Prints the functions with their addresses, then HOST READY http://localhost:N on standard output; the log goes to standard
error. SIGTERM or Ctrl-C ends it after what is running has ended, a second one at once.
`;

const folder = path.dirname(fileURLToPath(import.meta.url));

interface Flags {
  readonly appDir: string;
  readonly dataDir: string;
  readonly port: number | undefined;
  readonly strict: boolean;
  readonly watch: boolean;
  readonly jsonLog: boolean;
  readonly earlyTimers: boolean;
}

function fail(message: string, code: number): never {
  process.stderr.write(`${message}\n`);
  process.exit(code);
}

function flags(args: string[]): Flags {
  const { values } = parseArgs({
    args,
    options: {
      app: { type: 'string', default: '.' },
      port: { type: 'string' },
      data: { type: 'string' },
      strict: { type: 'boolean', default: false },
      watch: { type: 'boolean', default: false },
      'json-log': { type: 'boolean', default: false },
      'early-timers': { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(help);
    process.exit(0);
  }
  const port = values.port === undefined ? undefined : Number(values.port);
  if (port !== undefined && !(Number.isInteger(port) && port >= 0 && port < 65_536 && values.port !== ''))
    throw new Error(`--port ${values.port ?? ''} is not a port (0 to 65535)`);
  const appDir = path.resolve(values.app);
  if (!existsSync(path.join(appDir, 'package.json'))) throw new Error(`--app ${appDir} holds no package.json`);
  return {
    appDir,
    dataDir: path.resolve(values.data ?? path.join(appDir, '.local', 'host')),
    port,
    strict: values.strict,
    watch: values.watch,
    jsonLog: values['json-log'],
    earlyTimers: values['early-timers'],
  };
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
  // The real worker dies of these and is restarted. Stored work continues after the next start.
  const crash = (thrown: unknown): void => {
    const error = ensureError(thrown);
    const stack = userStack(error.stack ?? error.message, folder);
    sink({
      time: new Date(),
      level: 'critical',
      category: 'Worker',
      message: `unhandled error, the host ends: ${stack}`,
      fields: {},
    });
    process.exit(1);
  };
  process.on('uncaughtException', crash);
  process.on('unhandledRejection', crash);

  const giveBack = captureConsole((message) =>
    sink({ time: new Date(), level: 'information', category: 'Host.Function.Console', message, fields: {} }),
  );
  const { appDir, dataDir, port, strict, earlyTimers } = given;
  try {
    makeUsable(dataDir, '--data');
    running = await startHost({
      appDir,
      dataDir,
      strict,
      logSink: sink,
      ...(port === undefined ? {} : { port }),
      ...(earlyTimers ? { durable: { earlyTimers } } : {}),
    });
  } catch (error) {
    giveBack();
    const { name, message, stack } = ensureError(error);
    fail(name === 'AzFuncSystemError' ? userStack(stack ?? message, folder) : message, 1);
  }
  // After the log messages about the start.
  await new Promise((resolve) => setImmediate(resolve));
  process.stderr.write(running.functionList);
  process.stdout.write(`HOST READY ${running.url}\n`);
}

let given: Flags;
try {
  given = flags(process.argv.slice(2));
} catch (error) {
  fail(`${ensureError(error).message}\n\n${help}`, 2);
}
if (given.watch)
  await watchApp({
    appDir: given.appDir,
    dataDir: given.dataDir,
    script: process.argv[1] ?? '',
    args: process.argv.slice(2),
  });
else await serve(given);
