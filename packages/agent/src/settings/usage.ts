import { EDGE_VARIABLES, VARIABLES } from './command.js';

/** Joins names with commas, in lines of at most 120 characters. */
function wrapped(names: readonly string[]): string {
  const lines = [''];
  for (const name of names) {
    const last = lines.at(-1) ?? '';
    if (last.length + name.length > 116) lines.push(name);
    else lines[lines.length - 1] = last === '' ? name : `${last}, ${name}`;
  }
  return lines.map((line) => `  ${line}`).join(',\n');
}

export const USAGE = `Usage: node packages/agent/dist/main.js [options]
       node packages/agent/dist/main.js --once --secret NAME [--version VERSION] --image REPOSITORY:TAG
       node packages/agent/dist/main.js join --token-file FILE --url URL [options]

Proves near a device that its registry credential works: reads it from Key Vault, pulls, verifies, reports. Gives promoted
credentials to the container engine beside it.

  --channel KIND      how requests arrive: webhook (default), iotHub, poll or joined
  --port N            port of GET /health and of the webhook (default 8085; 0 takes a free one)
  --host ADDRESS      address to listen on (default 127.0.0.1)
  --clients A,B       handle these clients only (default: all clients)
  --once              one check from the command line; prints its result as JSON, exit code 0 if pulled, else 1
  --secret, --version, --image   what --once checks; the default version is the newest
  --help              print this

join makes a device's keys and lets it in by a join token; afterwards it runs with --channel joined, without an identity
in Entra and without a vault. Exit code 0 if it has joined, 3 if the app refuses, 1 if it may succeed later.

  --token-file FILE   file with the join token, which may be removed afterwards; - reads standard input
  --url URL           the app's base address, https
  --folder FOLDER     where keys and membership are kept (default: JOIN_FOLDER)
  --key-type TYPE     p256 (default), or ed25519 for Ed25519 and X25519
  --again             replace another membership of the folder

Settings are environment variables; a flag takes precedence over its variable. docs/agent.md describes them:
${wrapped([...VARIABLES, 'NODE_EXTRA_CA_CERTS'])}.
IoT Edge sets these for a module:
${wrapped(EDGE_VARIABLES)}.
`;
