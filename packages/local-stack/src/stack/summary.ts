import { dirname, relative } from 'node:path';
import { PROCESS_NAMES } from './plans.js';
import type { Stack } from './stack.js';

/** What a person who has started the stack needs: addresses, how to onboard, where the logs are. */
export function summarise(stack: Stack): string {
  const { functions, azure, keyVault, edge } = stack.endpoints;
  const file = shown(stack.endpointsFile);
  const logs = PROCESS_NAMES.filter((name) => stack.pidOf(name) !== undefined).map((name) =>
    shown(stack.logFile(name)),
  );
  const app = stack.isHostExternal ? `${functions.url}/api, on a host of yours` : `${functions.url}/api`;
  return `
Everything serves${stack.isHostExternal ? ' but the app' : ''}.

  app                  ${app}
  ARM, Entra           ${azure.arm}   (CA: ${shown(azure.caFile)})
  Key Vault            ${keyVault.url}
  connected registry   ${edge.connectedRegistry} at ${edge.host}
  clock                ${stack.clockUrl}
  addresses and keys   ${file}
  logs                 ${logs.join(', ')}
${stack.isHostExternal ? hostAdvice(stack) : ''}
Onboard a client:

  KEY=$(node -p "JSON.parse(require('fs').readFileSync('${file}')).functions.key")
  curl -si ${functions.url}/api/onboardings -H "x-functions-key: $KEY" -H 'content-type: application/json' \\
    -d '{"connectedRegistry":"${edge.connectedRegistry}","client":"device-1","repositories":["hello-world"]}'

and follow it at the answer's Location with the same key. ${stack.isAgentExternal ? agentAdvice(stack) : checkAdvice(stack)}
Ctrl-C stops everything.
`;
}

/** One line, because an agent needs a dozen settings. */
function agentLine(stack: Stack): string {
  return `node scripts/withEnvironment.mjs ${shown(stack.deviceEnvironmentFile)} node packages/agent/dist/main.js`;
}

function agentAdvice(stack: Stack): string {
  return `Run the device agent by hand, which pull checks wait for:

  ${agentLine(stack)}
`;
}

function checkAdvice(stack: Stack): string {
  const { azure, edge } = stack.endpoints;
  return `Once it is completed, pull as the device does, by hand:

  ${agentLine(stack)} --once --secret ${azure.registry}/${edge.connectedRegistry}/device-1 --image hello-world:latest

Without the flags it is an agent that serves; start with --external-agent to have it asked for pull checks.
`;
}

function hostAdvice(stack: Stack): string {
  const port = new URL(stack.ground.places.functionsUrl).port;
  return `
Run the app on port ${port} with the environment in ${shown(stack.appEnvironmentFile)}, for example with Core Tools and Azurite:

  npm run build
  export FUNCTIONS_WORKER_RUNTIME=node AzureWebJobsStorage=UseDevelopmentStorage=true
  node scripts/withEnvironment.mjs ${shown(stack.appEnvironmentFile)} func start --port ${port}
`;
}

/** The shortest form of a path for typing it from here. */
function shown(path: string): string {
  const short = relative(process.cwd(), path);
  return short.startsWith('..') || dirname(path) === path ? path : short;
}
