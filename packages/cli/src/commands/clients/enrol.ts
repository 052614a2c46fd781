import type { Api } from '../../api/api.js';
import type { IssuedPart, IssuedTokens } from '../../enrol/issueTokens.js';
import type { EnrolmentFields, EnrolmentRowFields } from '../../api/requests.js';
import { defineCommand } from '../../program/command.js';
import { usageError } from '../../program/commandError.js';
import { EXIT } from '../../program/exitCodes.js';
import type { OptionSpecs } from '../../program/optionSpecs.js';
import { listOutput, type Column } from '../../output/output.js';
import { shortTime } from '../../output/times.js';
import { clientText, CLIENTS_ARGUMENT, NAME_OPTIONS, readClient } from '../shared/clientNames.js';
import { readInput } from '../shared/inputFile.js';
import { present } from '../shared/present.js';
import { reserveSecretFile } from '../shared/secretFile.js';

const OPTIONS = {
  ...NAME_OPTIONS,
  lifetimeHours: { kind: 'number', value: 'HOURS', help: 'how long a token may be used; the default is 24' },
  address: { kind: 'list', value: 'ADDRESS', help: 'IP address or network from which a token may be used' },
  replace: { kind: 'flag', help: 'also for a client that has a device with keys of its own, a poller or a credential' },
  file: {
    kind: 'text',
    value: 'FILE',
    short: 'f',
    help: 'clients in CSV, JSON or YAML, as POST /api/enrolments takes them; - is stdin',
  },
  out: { kind: 'text', value: 'FILE', help: 'new file for the tokens, which only you can read' },
  showTokens: { kind: 'flag', help: 'print the tokens on stdout, where logs and others may see them' },
} as const satisfies OptionSpecs;

const COLUMNS: readonly Column<IssuedPart>[] = [
  { header: 'CONNECTED REGISTRY', value: ({ connectedRegistry }) => connectedRegistry },
  { header: 'CLIENT', value: ({ client }) => client },
  { header: 'EXPIRES', firm: true, value: ({ expiresAt, problem }) => problem?.code ?? shortTime(expiresAt) },
  { header: 'KEY', minor: 1, value: ({ key }) => key },
];
const TOKEN_COLUMN: Column<IssuedPart> = { header: 'JOIN TOKEN', whole: true, value: ({ joinToken }) => joinToken };

export const enrol = defineCommand({
  name: 'enrol',
  summary: 'issue join tokens, with which devices without an Entra identity join',
  description:
    'A token is shown once, so say where it goes: --out writes it to a new file that only you can read (one client: the bare token, as the agent reads it; several: the answer as JSON); --show-tokens prints it, for up to 100 clients. The app takes 100 clients at a time, so more are sent in several requests; if one fails, the tokens before it are kept, and the rows without one are named.',
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
  shownBy: null,
  async run(context, { args, options }) {
    const { file, lifetimeHours, address, replace, out, showTokens } = options;
    if ((file === undefined) === (args.length === 0)) throw usageError('Name the clients, or give --file.');
    if ((out === undefined) !== showTokens)
      throw usageError('Where do the tokens go?', 'Give --out FILE, or --show-tokens to print them.');
    if (file !== undefined && replace)
      throw usageError('--replace is for named clients.', 'In a file it is a field of each client.');
    const { api, place } = await context.connect();
    const [{ checkPieces, enrolRows }, { issueTokens, stoppedLines }] = await Promise.all([
      import('../../enrol/enrolRows.js'),
      import('../../enrol/issueTokens.js'),
    ]);
    const shared = present<EnrolmentFields>({ lifetimeHours, addresses: [...address] });
    const clients = args.map((text): EnrolmentRowFields => {
      const { registry, connectedRegistry, client } = readClient(text, options, place);
      return { registry, connectedRegistry, client, ...present<EnrolmentRowFields>({ replace }) };
    });
    const given =
      file === undefined
        ? { rows: clients, head: shared }
        : await enrolRows(await readInput(file, context.world), file, shared);
    const source = file ?? 'The command';
    if ('rows' in given) checkPieces(given, source, showTokens);
    // Made before anything is issued: a token that cannot be written would be lost.
    const target = out === undefined ? undefined : reserveSecretFile(out, context.world.cwd);
    const keep = (enrolments: readonly IssuedPart[]) => target?.write(fileText(enrolments, args.length === 1));
    const issuing = 'rows' in given ? issueTokens(api, given, keep, context.again) : issueOne(api, given.body, keep);
    const issued = await issuing.catch((error: unknown) => {
      target?.discard();
      throw error;
    });
    target?.close();
    const { enrolments, stopped } = issued;
    const refused = enrolments.flatMap((part) => (part.problem ? [`${clientText(part)}: ${part.problem.detail}`] : []));
    const { interrupted } = context.world;
    const left = stopped && 'rows' in given ? stoppedLines(stopped, enrolments, given, interrupted) : [];
    return {
      ...(target === undefined ? printed(issued) : withoutTokens(issued)),
      notes: [...refused, ...left, ...(target === undefined ? [] : [`Written, for you alone: ${target.path}`])],
      ...(stopped && interrupted.aborted
        ? { exit: EXIT.interrupted }
        : refused.length + left.length > 0
          ? { exit: EXIT.failed }
          : {}),
    };
  },
});

async function issueOne(
  api: Api,
  body: unknown,
  keep: (enrolments: readonly IssuedPart[]) => void,
): Promise<IssuedTokens> {
  const { routes } = await import('../../api/routes.js');
  const answer = await routes.enrol(api, { fromFile: body });
  keep(answer.enrolments);
  return answer;
}

function fileText(enrolments: readonly IssuedPart[], isBare: boolean): string {
  return isBare ? `${enrolments[0]?.joinToken ?? ''}\n` : `${JSON.stringify({ enrolments }, undefined, 2)}\n`;
}

function printed({ enrolments }: IssuedTokens) {
  return listOutput({ enrolments }, enrolments, [...COLUMNS, TOKEN_COLUMN], ({ joinToken }) => joinToken ?? '');
}

/** They are in the file. */
function withoutTokens({ enrolments }: IssuedTokens) {
  const shown = enrolments.map(({ joinToken: _joinToken, ...rest }): IssuedPart => rest);
  return listOutput({ enrolments: shown }, shown, COLUMNS, clientText);
}
