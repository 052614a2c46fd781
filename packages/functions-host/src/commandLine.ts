/** The flags of `functions-host start`. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';

export const help = `functions-host start [flags]

Serves the Azure Functions app of a folder (Node.js, v4 programming model, durable-functions 3) as 'func start' does, without
.NET, Core Tools and Azurite.

  --app DIR       folder with host.json and package.json, whose "main" names the compiled app (default: .)
  -p, --port N    0 takes a free one (default: Host.LocalHttpPort of local.settings.json, else 7071)
  --store DIR     keys, timer statuses and durable state (default: APP/.local/host). --data DIR is the same.
  --watch         restart when a file of the app changes
  --strict        fail with an error where the real host fails silently
  --early-timers  durable timers fire up to a second early, as the real host's may (or DURABLE_TIMERS_EARLY=1)
  --json-log      one JSON object a log line
  -h, --help      this text

Settings are read from local.settings.json and from the environment, which takes precedence.
Prints the functions with their addresses, then HOST READY http://localhost:N on standard output; the log goes to standard
error. SIGTERM or Ctrl-C ends it after what is running has ended, a second one at once.
`;

/** What `func start` has and this host does differently. */
const instead: Readonly<Record<string, string>> = {
  cors: 'set Host.CORS in local.settings.json',
  'cors-credentials': 'set Host.CORSCredentials in local.settings.json',
  functions: 'set AzureWebJobs.NAME.Disabled to true for each function that is not to run',
  'script-root': 'use --app DIR',
  'use-https': 'there is no TLS here; put a proxy before it',
  useHttps: 'there is no TLS here; put a proxy before it',
  verbose: 'set logging.logLevel in host.json',
};

export interface Flags {
  readonly appDir: string;
  readonly dataDir: string;
  /** The flag that names `dataDir`. */
  readonly dataFlag: string;
  readonly port: number | undefined;
  readonly strict: boolean;
  readonly watch: boolean;
  readonly jsonLog: boolean;
  readonly earlyTimers: boolean;
}

/**
 * Parses the command line.
 * @returns undefined if it asks for help
 * @throws Error with a message for users
 */
export function flagsOf(args: readonly string[]): Flags | undefined {
  for (const arg of args) {
    const name = /^--([\w-]+)/.exec(arg)?.[1] ?? '';
    if (Object.hasOwn(instead, name)) throw new Error(`--${name} is a flag of func: ${instead[name] ?? ''}.`);
  }
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      app: { type: 'string', default: '.' },
      port: { type: 'string', short: 'p' },
      store: { type: 'string' },
      data: { type: 'string' },
      strict: { type: 'boolean', default: false },
      watch: { type: 'boolean', default: false },
      'json-log': { type: 'boolean', default: false },
      'early-timers': { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return undefined;
  if (positionals.length > 0 && !['start', 'host start'].includes(positionals.join(' ')))
    throw new Error(`'${positionals.join(' ')}' is no command: the only one is start.`);
  const port = values.port === undefined ? undefined : Number(values.port);
  if (port !== undefined && !(Number.isInteger(port) && port >= 0 && port < 65_536 && values.port !== ''))
    throw new Error(`--port ${values.port ?? ''} is not a port (0 to 65535)`);
  const appDir = path.resolve(values.app);
  if (!existsSync(path.join(appDir, 'package.json')))
    throw new Error(`--app ${appDir} holds no package.json: name the folder of your app`);
  return {
    appDir,
    dataDir: path.resolve(values.store ?? values.data ?? path.join(appDir, '.local', 'host')),
    dataFlag: values.store === undefined && values.data !== undefined ? '--data' : '--store',
    port,
    strict: values.strict,
    watch: values.watch,
    jsonLog: values['json-log'],
    earlyTimers: values['early-timers'],
  };
}
