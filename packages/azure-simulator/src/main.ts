import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { makeUsable } from '@connected-registry/clock/files/usableFolder';
import type { ControlPlane } from './controlPlane.js';
import { MAX_FURTHER_VAULTS } from './settings.js';

const HELP = `Simulates Entra ID, Azure Resource Manager (container registries), Key Vault, Event Grid and IoT Hub on one https
origin, with an MQTT endpoint for the hub's devices.

Usage: npm run azure -- --port N --data DIR [options]

  --port N            port on 127.0.0.1; 0 takes a free one
  --mqtt-port N       port on 127.0.0.1 for devices (default 0, which takes a free one; Azure's is 8883)
  --data DIR          folder for the state; it is created if it does not exist
  --edge-host H:P     login server of the seeded connected registry (default localhost:8000)
  --vault-ports N,N   ports on 127.0.0.1 of further vaults, at most eight; 0 takes a free one (default: one vault)
  --tls-dir DIR       folder for the certificates (default DATA/tls)
  --client-limit N    client tokens per connected registry (default 50)
  --azure-pace        operations take as long as recorded in Azure, for a token some ten seconds (default: a moment)
  --async-writes      makes every ARM write asynchronous, not only those that were recorded as asynchronous
  --throttling X      factor for the throttling rates; 0 disables throttling (default 1)
  --reset             starts with an empty data folder
  --quiet             does not log requests
  --help              prints this help

Prints "AZURE READY https://localhost:N" to stdout when it serves requests; log lines go to stderr.
DATA/world.json has what clients need: ids, names, identities and their secrets, topics, the hub's addresses.
With LOCAL_CLOCK_URL, GET and POST _control/clock are redirected to that clock.
`;

interface Flags {
  port: number;
  mqttPort: number;
  vaultPorts: number[];
  data: string;
  edgeHost: string;
  tlsDir: string;
  clientLimit: number;
  asyncWrites: boolean;
  azurePace: boolean;
  throttling: number;
  reset: boolean;
  quiet: boolean;
}

/** Invalid flags. The message is for the user. */
class BadFlags extends Error {}

function readFlags(argv: string[]): Flags | 'help' {
  let values;
  try {
    ({ values } = parseArgs({
      args: argv,
      options: {
        port: { type: 'string' },
        'mqtt-port': { type: 'string', default: '0' },
        data: { type: 'string' },
        'edge-host': { type: 'string', default: 'localhost:8000' },
        'vault-ports': { type: 'string', default: '' },
        'tls-dir': { type: 'string' },
        'client-limit': { type: 'string', default: '50' },
        'async-writes': { type: 'boolean', default: false },
        'azure-pace': { type: 'boolean', default: false },
        throttling: { type: 'string', default: '1' },
        reset: { type: 'boolean', default: false },
        quiet: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }));
  } catch (error) {
    throw new BadFlags((error as Error).message, { cause: error });
  }
  if (values.help) return 'help';
  const { port, data } = values;
  const missing = [port === undefined ? '--port N (0 takes a free port)' : '', data ? '' : '--data DIR'].filter(
    Boolean,
  );
  if (missing.length > 0) throw new BadFlags(`Missing flags: ${missing.join(' and ')}.`);
  for (const [name, text] of Object.entries({ port, 'mqtt-port': values['mqtt-port'] })) {
    if (text !== undefined && /^\d{1,5}$/.test(text) && Number(text) <= 65_535) continue;
    throw new BadFlags(`--${name} must be a number from 0 to 65535`);
  }
  if (data === undefined || data === '') throw new BadFlags('--data must name a folder');
  if (!/^[^:/\s]+:\d{1,5}$/.test(values['edge-host'])) throw new BadFlags('--edge-host must be host:port');
  if (!/^[1-9]\d{0,5}$/.test(values['client-limit'])) throw new BadFlags('--client-limit must be a positive number');
  if (!/^\d+(\.\d+)?$/.test(values.throttling)) throw new BadFlags('--throttling must be a number, 0 or more');
  return {
    port: Number(port),
    mqttPort: Number(values['mqtt-port']),
    data,
    edgeHost: values['edge-host'],
    vaultPorts: vaultPorts(values['vault-ports']),
    tlsDir: values['tls-dir'] ?? join(data, 'tls'),
    clientLimit: Number(values['client-limit']),
    asyncWrites: values['async-writes'],
    azurePace: values['azure-pace'],
    throttling: Number(values.throttling),
    reset: values.reset,
    quiet: values.quiet,
  };
}

/** @throws {BadFlags} */
function vaultPorts(text: string): number[] {
  const ports = text === '' ? [] : text.split(',');
  if (ports.length > MAX_FURTHER_VAULTS || ports.some((port) => !/^\d{1,5}$/.test(port) || Number(port) > 65_535))
    throw new BadFlags(`--vault-ports must list at most ${MAX_FURTHER_VAULTS} numbers from 0 to 65535`);
  return ports.map(Number);
}

async function main(): Promise<void> {
  let flags;
  try {
    flags = readFlags(process.argv.slice(2));
  } catch (error) {
    if (!(error instanceof BadFlags)) throw error;
    process.stderr.write(`${error.message}\nTry --help.\n`);
    process.exitCode = 2;
    return;
  }
  if (flags === 'help') {
    process.stdout.write(HELP);
    return;
  }
  const { quiet } = flags;
  let plane: ControlPlane;
  try {
    makeUsable(flags.data, '--data');
    makeUsable(flags.tlsDir, '--tls-dir');
    // Loaded late: it takes most of a second, which neither --help nor an invalid flag needs.
    const { startControlPlane } = await import('./controlPlane.js');
    const { ensureCertificates } = await import('./tls/certificates.js');
    plane = await startControlPlane({
      port: flags.port,
      mqttPort: flags.mqttPort,
      vaultPorts: flags.vaultPorts,
      directory: flags.data,
      tls: await ensureCertificates(flags.tlsDir),
      reset: flags.reset,
      settings: {
        edgeHost: flags.edgeHost,
        clientsPerConnectedRegistry: flags.clientLimit,
        asynchronousWrites: flags.asyncWrites ? 'always' : 'recorded',
        pace: flags.azurePace ? 'azure' : 'quick',
        throttling: flags.throttling,
      },
      log: (event, fields) => {
        if (quiet && event === 'request') return;
        process.stderr.write(
          `${JSON.stringify({ time: new Date().toISOString(), service: 'azure', event, ...fields })}\n`,
        );
      },
    });
  } catch (error) {
    const { code, port } = error as NodeJS.ErrnoException & { port?: number };
    const flag = port === flags.mqttPort ? '--mqtt-port' : '--port';
    const message =
      code === 'EADDRINUSE' ? `port ${port ?? ''} is taken; choose another with ${flag}` : (error as Error).message;
    process.stderr.write(`${message}\n`);
    process.exitCode = 1;
    return;
  }
  let ending = false;
  const end = (): void => {
    if (ending) return;
    ending = true;
    void plane.close().then(() => process.exit(0));
  };
  // Registered before it reports readiness, because a reader of that line may end it at once.
  process.on('SIGTERM', end);
  process.on('SIGINT', end);
  process.stdout.write(`AZURE READY ${plane.url}\n`);
}

await main();
