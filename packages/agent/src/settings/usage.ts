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

Proves near a device that its registry credential works: reads it from Key Vault, pulls, verifies, reports. Gives promoted
credentials to the container engine beside it.

  --channel KIND      how requests arrive: webhook (default), iotHub or poll
  --port N            port of GET /health and of the webhook (default 8085; 0 takes a free one)
  --host ADDRESS      address to listen on (default 127.0.0.1)
  --clients A,B       handle these clients only (default: all clients)
  --once              one check from the command line; prints its result as JSON, exit code 0 if pulled, else 1
  --secret, --version, --image   what --once checks; the default version is the newest
  --help              print this

Settings are environment variables; a flag takes precedence over its variable. docs/agent.md describes them:
${wrapped([...VARIABLES, 'NODE_EXTRA_CA_CERTS'])}.
IoT Edge sets these for a module:
${wrapped(EDGE_VARIABLES)}.
`;
