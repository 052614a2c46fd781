import { dirname, join, relative } from 'node:path';
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
${onboardingLines(stack, 'device-1')}

and follow it at the answer's Location with the same key. ${stack.isAgentExternal ? agentAdvice(stack) : checkAdvice(stack)}
${joinAdvice(stack)}
Ctrl-C stops everything.
`;
}

function onboardingLines({ endpoints: { functions, edge } }: Stack, client: string): string {
  return `  curl -si ${functions.url}/api/onboardings -H "x-functions-key: $KEY" -H 'content-type: application/json' \\
    -d '{"connectedRegistry":"${edge.connectedRegistry}","client":"${client}","repositories":["hello-world"]}'`;
}

/** One line, because an agent needs a dozen settings. */
function agentLine(environmentFile: string): string {
  return `node scripts/withEnvironment.mjs ${shown(environmentFile)} node packages/agent/dist/main.js`;
}

function agentAdvice(stack: Stack): string {
  return `Run the device agent by hand, which pull checks wait for:

  ${agentLine(stack.deviceEnvironmentFile)}
`;
}

/** A device without an identity in Entra, in the order in which one terminal can do it: the agent comes last. */
function joinAdvice(stack: Stack): string {
  const { functions, edge } = stack.endpoints;
  const { dataFolder } = stack.ground;
  const token = shown(join(dataFolder, 'join-token'));
  const agent = agentLine(stack.joinedEnvironmentFile);
  return `Let a device in that has no identity in Entra: issue a join token, join with it, onboard it, run its agent:

  curl -sf ${functions.url}/api/enrolments -H "x-functions-key: $KEY" -H 'content-type: application/json' \\
    -d '{"connectedRegistry":"${edge.connectedRegistry}","client":"device-2"}' |
    node -p "JSON.parse(require('fs').readFileSync(0)).enrolments[0].joinToken" > ${token}
  ${agent} join --token-file ${token} --url ${functions.url}
${onboardingLines(stack, 'device-2')}
  ${agent}

${shown(join(dataFolder, 'joined'))} then has its keys, and config.json with its password.
`;
}

function checkAdvice(stack: Stack): string {
  const { azure, edge } = stack.endpoints;
  return `Once it is completed, pull as the device does, by hand:

  ${agentLine(stack.deviceEnvironmentFile)} --once --secret ${azure.registry}/${edge.connectedRegistry}/device-1 --image hello-world:latest

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
