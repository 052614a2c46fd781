import type { EnrolmentCsvQuery, EnrolmentFields, EnrolmentRowFields } from '../../api/requests.js';
import { defineCommand } from '../../program/command.js';
import { usageError } from '../../program/commandError.js';
import { EXIT } from '../../program/exitCodes.js';
import type { OptionSpecs } from '../../program/optionSpecs.js';
import { listOutput, type Column } from '../../output/output.js';
import { shortTime } from '../../output/times.js';
import type { IssuedEnrolments } from '@connected-registry/protocol/answers/enrolmentAnswers';
import { clientText, CLIENTS_ARGUMENT, NAME_OPTIONS, readClient } from '../shared/clientNames.js';
import { readInput } from '../shared/inputFile.js';
import { present } from '../shared/present.js';
import { reserveSecretFile, type SecretFile } from '../shared/secretFile.js';
import { checkCount } from '../shared/started.js';

type Part = IssuedEnrolments['enrolments'][number];

const OPTIONS = {
  ...NAME_OPTIONS,
  lifetimeHours: { kind: 'number', value: 'HOURS', help: 'how long a token may be used; the default is 24' },
  address: { kind: 'list', value: 'ADDRESS', help: 'IP address or network from which a token may be used' },
  replace: { kind: 'flag', help: 'also for a client that has a device or a credential' },
  file: {
    kind: 'text',
    value: 'FILE',
    short: 'f',
    help: 'clients in CSV, JSON or YAML, as POST /api/enrolments takes them; - is stdin',
  },
  out: { kind: 'text', value: 'FILE', help: 'new file for the tokens, which only you can read' },
  showTokens: { kind: 'flag', help: 'print the tokens on stdout, where logs and others may see them' },
} as const satisfies OptionSpecs;

const COLUMNS: readonly Column<Part>[] = [
  { header: 'CONNECTED REGISTRY', value: ({ connectedRegistry }) => connectedRegistry },
  { header: 'CLIENT', value: ({ client }) => client },
  { header: 'EXPIRES', firm: true, value: ({ expiresAt, problem }) => problem?.code ?? shortTime(expiresAt) },
  { header: 'KEY', minor: 1, value: ({ key }) => key },
];
const TOKEN_COLUMN: Column<Part> = { header: 'JOIN TOKEN', value: ({ joinToken }) => joinToken };

export const enrol = defineCommand({
  name: 'enrol',
  summary: 'issue join tokens, with which devices without an Entra identity join',
  description:
    'A token is shown once, so say where it goes: --out writes it to a new file that only you can read (one client: the bare token, as the agent reads it; several: the answer as JSON); --show-tokens prints it.',
  args: [{ ...CLIENTS_ARGUMENT, optional: true }],
  options: OPTIONS,
  examples: [
    {
      text: 'a token for one device, for 4 hours',
      line: 'crctl enrol plant7registry/sensor-7 --lifetime-hours 4 --out join-token',
    },
    { text: 'tokens for the devices of a list', line: 'crctl enrol --file sensors.csv --out tokens.json' },
  ],
  usesApp: true,
  async run(context, { args, options }) {
    const { file, lifetimeHours, address, replace, out, showTokens } = options;
    if ((file === undefined) === (args.length === 0)) throw usageError('Name the clients, or give --file.');
    if ((out === undefined) !== showTokens)
      throw usageError('Where do the tokens go?', 'Give --out FILE, or --show-tokens to print them.');
    if (file !== undefined && replace)
      throw usageError('--replace is for named clients.', 'In a file it is a field of each client.');
    checkCount(args, 'onboard');
    const { api, place } = await context.connect();
    const { routes } = await import('../../api/routes.js');
    const shared = present<EnrolmentFields>({ lifetimeHours, addresses: [...address] });
    const input = file === undefined ? undefined : await readInput(file, context.world);
    const clients = args.map((text): EnrolmentRowFields => {
      const { registry, connectedRegistry, client } = readClient(text, options, place);
      return { registry, connectedRegistry, client, ...present<EnrolmentRowFields>({ replace }) };
    });
    // Made before anything is issued: a token that cannot be written would be lost.
    const target = out === undefined ? undefined : reserveSecretFile(out, context.world.cwd);
    let answer: IssuedEnrolments;
    try {
      if (input?.kind === 'csv') {
        const query = present<EnrolmentCsvQuery>({ lifetimeHours, addresses: address.join(';') || undefined });
        answer = await routes.enrolCsv(api, input.bytes, query);
      } else {
        const request = input ? { fromFile: mergedBody(input.value, shared) } : { json: { clients, ...shared } };
        answer = await routes.enrol(api, request);
      }
    } catch (error) {
      target?.discard();
      throw error;
    }
    return showTokens ? printed(answer) : written(answer, target, args.length === 1);
  },
});

/** The fields of a file with those of flags; a list is the list of clients. */
function mergedBody(value: unknown, shared: object): unknown {
  if (Array.isArray(value)) return { clients: value, ...shared };
  return typeof value === 'object' && value !== null ? { ...value, ...shared } : value;
}

function printed(answer: IssuedEnrolments) {
  const { enrolments } = answer;
  return {
    ...listOutput(answer, enrolments, [...COLUMNS, TOKEN_COLUMN], ({ joinToken }) => joinToken ?? ''),
    ...refusalsOf(enrolments),
  };
}

/** Without the tokens: they are in the file. */
function written({ enrolments }: IssuedEnrolments, target: SecretFile | undefined, isBare: boolean) {
  const [only] = enrolments;
  target?.write(isBare ? `${only?.joinToken ?? ''}\n` : `${JSON.stringify({ enrolments }, undefined, 2)}\n`);
  const shown = enrolments.map(({ joinToken: _joinToken, ...rest }): Part => rest);
  const { notes, ...exit } = refusalsOf(enrolments);
  return {
    ...listOutput({ enrolments: shown }, shown, COLUMNS, clientText),
    ...exit,
    notes: [...notes, `Written, for you alone: ${target?.path}`],
  };
}

function refusalsOf(enrolments: readonly Part[]) {
  const notes = enrolments.flatMap((part) => (part.problem ? [`${clientText(part)}: ${part.problem.detail}`] : []));
  return { notes, ...(notes.length > 0 ? { exit: EXIT.failed } : {}) };
}
