import type { JsonRequest, OnboardingFields } from '../../api/requests.js';
import { usageError } from '../../program/commandError.js';
import { defineCommand, type CommandContext } from '../../program/command.js';
import type { OptionSpecs, OptionValues } from '../../program/optionSpecs.js';
import { chosenOf, PRINCIPAL_TYPES, SLOT_NAMES } from '../shared/choices.js';
import { CLIENT_ARGUMENT, NAME_OPTIONS, readClient, type NamedClient } from '../shared/clientNames.js';
import { readFields } from '../shared/inputFile.js';
import { POLLER_HELP } from '../shared/pollerHelp.js';
import { present } from '../shared/present.js';
import { readRepositories } from '../shared/repositories.js';
import { startWarnings } from '../shared/startWarnings.js';
import { startedOne } from '../shared/started.js';
import { DRY_RUN_OPTION, WAIT_OPTIONS } from '../shared/waiting.js';

const OPTIONS = {
  ...NAME_OPTIONS,
  repository: {
    kind: 'list',
    value: 'NAME[=ACTIONS]',
    commas: false,
    help: 'repository that the client may pull, or with its actions: NAME=content/read,content/write; repeat it for more',
  },
  image: {
    kind: 'text',
    value: 'IMAGE',
    help: 'what the device pulls as the check; the default is the first plain repository’s :latest',
  },
  endpoint: { kind: 'text', value: 'HOST:PORT', help: 'address of the connected registry as the device reaches it' },
  scopeMap: { kind: 'text', value: 'NAME', help: 'name of the scope map; by default derived from the rights' },
  token: { kind: 'text', value: 'NAME', help: 'name of the token; by default derived from the client' },
  lifetimeDays: { kind: 'number', value: 'DAYS', help: 'lifetime of the credential' },
  replaceSlot: {
    kind: 'text',
    value: 'SLOT',
    choices: SLOT_NAMES,
    help: 'password1 or password2: may be overwritten if both work',
  },
  identity: {
    kind: 'text',
    value: 'PRINCIPAL_ID',
    help: 'Entra identity of the device, which the app then lets read the client’s secrets',
  },
  identityType: {
    kind: 'text',
    value: 'TYPE',
    choices: PRINCIPAL_TYPES,
    help: 'ServicePrincipal (the default) or Device',
  },
  poller: { kind: 'text', value: 'OBJECT_ID', help: POLLER_HELP },
  adopt: { kind: 'flag', help: 'take over an existing token that was not made for this client' },
  restoreScopeMap: { kind: 'flag', help: 'restore a scope map of the app that others have changed' },
  recheck: { kind: 'flag', help: 'pull again even if nothing has to change' },
  file: { kind: 'text', value: 'FILE', short: 'f', help: 'fields of the request in JSON or YAML; - is stdin' },
  ...DRY_RUN_OPTION,
  ...WAIT_OPTIONS,
} as const satisfies OptionSpecs;
type Options = OptionValues<typeof OPTIONS>;

export const onboard = defineCommand({
  name: 'onboard',
  summary: 'onboard one client: create, bind, store and prove its credential',
  description:
    'Fields come from --file and from flags, which win. For many clients use crctl rollouts start. The same request again attaches to the run in progress, and changes nothing if everything is as requested.',
  args: [{ ...CLIENT_ARGUMENT, optional: true }],
  options: OPTIONS,
  examples: [
    {
      text: 'onboard a device and wait for its pull',
      line: 'crctl onboard plant7registry/press-1 --repository hello-world --wait',
    },
    {
      text: 'show what would be written',
      line: 'crctl onboard plant7registry/press-1 --repository hello-world --dry-run',
    },
    { text: 'take the fields from a file', line: 'crctl onboard --file press-1.yaml' },
  ],
  usesApp: true,
  async run(context, { args: [name], options }) {
    const request = await requestOf(context, name, options);
    const { api } = await context.connect();
    const { routes } = await import('../../api/routes.js');
    const answer = await routes.onboard(api, request);
    if (!('id' in answer)) return (await import('../../views/dryRun.js')).dryRunOutput(answer);
    const output = await startedOne(context, answer, options);
    return { ...output, notes: [...startWarnings(answer.warnings), ...(output.notes ?? [])] };
  },
});

async function requestOf(
  context: CommandContext,
  name: string | undefined,
  options: Options,
): Promise<JsonRequest<OnboardingFields>> {
  const { file, identity, identityType } = options;
  if (identityType !== undefined && identity === undefined) throw usageError('--identity-type needs --identity.');
  const fields = file === undefined ? undefined : await readFields(file, context.world);
  if (name === undefined && fields?.['client'] === undefined)
    throw usageError('Which client?', 'Name it, or give --file with the field client.');
  const { place } = await context.connect();
  const { registry, connectedRegistry, client }: Partial<NamedClient> =
    name === undefined ? {} : readClient(name, options, place);
  const { image, endpoint, scopeMap, token, poller, adopt, restoreScopeMap, recheck, dryRun } = options;
  const given = present<OnboardingFields>({
    registry,
    connectedRegistry,
    client,
    repositories: readRepositories(options.repository),
    image,
    endpoint,
    scopeMap,
    token,
    poller,
    adopt,
    restoreScopeMap,
    recheck,
    dryRun,
    credentialLifetimeDays: options.lifetimeDays,
    replaceSlot: chosenOf(SLOT_NAMES, options.replaceSlot),
    identity:
      identity === undefined
        ? undefined
        : { principalId: identity, principalType: chosenOf(PRINCIPAL_TYPES, identityType) },
  });
  return fields === undefined ? { json: given } : { fromFile: { ...fields, ...given } };
}
