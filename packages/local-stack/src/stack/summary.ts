import { dirname, join, relative, resolve } from 'node:path';
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
  fleet page           ${functions.url}/api/ui   (its key: functions.key in ${file})
  ARM, Entra           ${azure.arm}   (CA: ${shown(azure.caFile)})
  Key Vault            ${keyVault.url}
  connected registry   ${edge.connectedRegistry} at ${edge.host}
  clock                ${stack.clockUrl}
  addresses and keys   ${file}
  logs                 ${logs.join(', ')}
${stack.isHostExternal ? hostAdvice(stack) : ''}
Onboard a client:

${folderLine(stack)}${onboardingLine('device-1', !stack.isAgentExternal)}

\`npx crctl --help\` lists all commands. ${stack.isAgentExternal ? agentAdvice(stack) : checkAdvice(stack)}
${joinAdvice(stack)}
Ctrl-C stops everything.
`;
}

/** `crctl --local` finds the stack of this folder by itself, and others by this variable. */
function folderLine({ ground: { dataFolder } }: Stack): string {
  return resolve(dataFolder) === resolve('.local') ? '' : `  export CRCTL_LOCAL=${shown(dataFolder)}\n`;
}

/** With an agent that serves already, waiting ends by itself. */
function onboardingLine(client: string, wait: boolean): string {
  return `  npx crctl --local onboard ${client} --repository hello-world${wait ? ' --wait' : ''}`;
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
  const { functions } = stack.endpoints;
  const { dataFolder } = stack.ground;
  const token = shown(join(dataFolder, 'join-token'));
  const agent = agentLine(stack.joinedEnvironmentFile);
  return `Let a device in that has no identity in Entra: issue a join token, join with it, onboard it, run its agent:

  npx crctl --local enrol device-2 --out ${token}
  ${agent} join --token-file ${token} --url ${functions.url}
${onboardingLine('device-2', false)}
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
