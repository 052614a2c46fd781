import { dirname, relative } from 'node:path';
import { PROCESS_NAMES } from './plans.js';
import type { Stack } from './stack.js';

/** What a person who has just started the stack wants to know: addresses, how to onboard, where the logs are. */
export function summarise(stack: Stack): string {
  const { functions, azure, keyVault, edge } = stack.endpoints;
  const file = shown(stack.endpointsFile);
  const logs = PROCESS_NAMES.filter((name) => stack.pidOf(name) !== undefined).map((name) =>
    shown(stack.logFile(name)),
  );
  return `
Everything serves.

  app                  ${functions.url}/api
  ARM, Entra           ${azure.arm}   (CA: ${shown(azure.caFile)})
  Key Vault            ${keyVault.url}
  connected registry   ${edge.connectedRegistry} at ${edge.host}
  clock                ${stack.clockUrl}
  addresses and keys   ${file}
  logs                 ${logs.join(', ')}

Onboard a client:

  KEY=$(node -p "JSON.parse(require('fs').readFileSync('${file}')).functions.key")
  curl -si ${functions.url}/api/onboardings -H "x-functions-key: $KEY" -H 'content-type: application/json' \\
    -d '{"connectedRegistry":"${edge.connectedRegistry}","client":"device-1","repositories":["hello-world"]}'

and follow it at the answer's Location with the same key. Ctrl-C stops everything.
`;
}

/** A path as it is shortest to type from here. */
function shown(path: string): string {
  const short = relative(process.cwd(), path);
  return short.startsWith('..') || dirname(path) === path ? path : short;
}
