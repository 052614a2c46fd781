import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { compiled } from '@connected-registry/clock/files/projectRoot';
import { ensureCertificates } from '@connected-registry/azure-simulator/tls/certificates';
import { CLIENTS_EACH } from './fleet.js';
import { runYear } from './year.js';
import { LIFETIME_DAYS, MIN_LIFETIME_DAYS } from './yearSettings.js';

const HELP = `npm run year -- [flags]

Lets a simulated year pass for the clients of 5 connected registries, over HTTP: every client pulls every six hours, and before
and after each step of each rotation, with what its agent last wrote. Prints the results; the exit code is 0 if every
rule was kept.

  --days N      default 365
  --clients N   of each connected registry (default 10)
  --lifetime N  days for which a credential is valid (default 90, at least 42)
  --troubles    makes calls fail, loses and repeats events, kills the app and connected registries, takes agents down
  --seed N      determines the failures and offline times (default 1)
  --story NAME  shows the diary of this client at the end, also without a violation
  --help        prints this
`;

/** The variable that passes the certificates' folder to the process that trusts them. */
const TLS = 'YEAR_TLS';
/** Maximum violations that are printed in full. */
const MAX_PRINTED = 5;
/** Maximum lines of the app's log that are printed with each. */
const LOG_LINES = 40;

interface Flags {
  days: number;
  clients: number;
  lifetime: number;
  seed: number;
  troubles: boolean;
  story: string | undefined;
}

function readFlags(): Flags | 'help' {
  const { values } = parseArgs({
    options: {
      days: { type: 'string', default: '365' },
      clients: { type: 'string', default: String(CLIENTS_EACH) },
      lifetime: { type: 'string', default: String(LIFETIME_DAYS) },
      seed: { type: 'string', default: '1' },
      troubles: { type: 'boolean', default: false },
      story: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return 'help';
  const whole = (name: 'days' | 'clients' | 'lifetime' | 'seed', least = 1): number => {
    const number = Number(values[name]);
    if (!Number.isInteger(number) || number < least)
      throw new Error(`--${name} must be a whole number from ${least} on`);
    return number;
  };
  return {
    days: whole('days'),
    clients: whole('clients'),
    lifetime: whole('lifetime', MIN_LIFETIME_DAYS),
    seed: whole('seed'),
    troubles: values.troubles,
    story: values.story,
  };
}

/** Starts a process that trusts the simulators' CA, because Node reads it only at the start. */
async function again(): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'year-tls-'));
  const { caFile } = await ensureCertificates(folder);
  // A few large garbage collections take less time than many small ones.
  const child = spawn(
    process.execPath,
    ['--max-semi-space-size=64', compiled('local-stack/year/main.js'), ...process.argv.slice(2)],
    {
      env: { ...inherited(), NODE_EXTRA_CA_CERTS: caFile, [TLS]: folder },
      stdio: 'inherit',
    },
  );
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => child.kill(signal));
  const code = await new Promise<number>((resolve) => child.once('exit', (status) => resolve(status ?? 1)));
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  return code;
}

/** No AZURE_* variable and no proxy: either would make an SDK use other services than the simulators. */
function inherited(): NodeJS.ProcessEnv {
  const names = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'TZ'];
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => names.includes(name)));
}

async function main(flags: Flags, tls: string): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'year-'));
  try {
    const { table, violations, stories, appLog } = await runYear({ ...flags, folder, tls, report: print });
    for (const { rule, client, at, what, story } of violations.slice(0, MAX_PRINTED)) {
      print(`\n${at} ${client} (${rule}) ${what}`);
      for (const entry of story) print(`  ${entry}`);
      for (const line of appLog.filter((one) => one.includes(client)).slice(-LOG_LINES)) print(`  | ${line}`);
    }
    if (flags.story !== undefined) print(stories(flags.story).join('\n'));
    print(`\n${table}`);
    return violations.length === 0 ? 0 : 1;
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

const print = (line: string): void => void process.stdout.write(`${line}\n`);

try {
  const flags = readFlags();
  const tls = process.env[TLS];
  if (flags === 'help') print(HELP);
  else if (tls === undefined) process.exitCode = await again();
  else process.exit(await main(flags, tls));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(2);
}
