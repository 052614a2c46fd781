import { VERSION } from '@connected-registry/protocol/names/version';
import type { TriedRight } from '@connected-registry/protocol/answers/healthAnswer';
import { defineCommand, type CommandContext } from '../../program/command.js';
import { CommandError } from '../../program/commandError.js';
import { EXIT } from '../../program/exitCodes.js';
import { tableOf, type Column } from '../../output/output.js';

interface Finding {
  readonly what: string;
  readonly state: 'ok' | 'faulty' | 'unknown';
  readonly detail: string;
  readonly fix?: string;
}

const COLUMNS: readonly Column<Finding>[] = [
  {
    header: 'STATE',
    firm: true,
    value: ({ state }) => state,
    tone: ({ state }) => (state === 'ok' ? 'good' : state === 'faulty' ? 'bad' : 'faint'),
  },
  // Names of rights differ at their ends.
  { header: 'WHAT', firm: true, value: ({ what }) => what },
  { header: 'DETAIL', value: ({ detail }) => detail },
];

export const doctor = defineCommand({
  name: 'doctor',
  summary: 'find out what keeps crctl and the app from working',
  description:
    'Tries the connection, the sign-in and, by harmless reads of the app itself, each right that the app needs in Azure. The exit code is 1 if something is missing.',
  args: [],
  options: {},
  examples: [{ text: 'after a deployment', line: 'crctl doctor' }],
  usesApp: true,
  async run(context) {
    const findings = await examine(context);
    const faulty = findings.filter(({ state }) => state === 'faulty');
    const fixes = faulty.flatMap(({ what, fix }) =>
      fix === undefined ? [] : [`${what}:`, ...fix.split('\n').map((line) => `  ${line}`)],
    );
    return {
      data: { state: faulty.length > 0 ? 'faulty' : 'ok', findings },
      table: tableOf(findings, COLUMNS),
      names: faulty.map(({ what }) => what),
      notes: fixes,
      ...(faulty.length > 0 ? { exit: EXIT.failed } : {}),
    };
  },
});

/** One step needs the one before: what cannot be tried is not listed. */
async function examine(context: CommandContext): Promise<Finding[]> {
  const findings: Finding[] = [{ what: 'crctl', state: 'ok', detail: `${VERSION} on Node ${process.versions.node}` }];
  try {
    const { api, place } = await context.connect();
    findings.push({ what: 'app', state: 'ok', detail: place.url });
    const { routes } = await import('../../api/routes.js');
    const { info } = await routes.document(api);
    findings.push(
      info.version === VERSION
        ? { what: 'version', state: 'ok', detail: info.version }
        : {
            what: 'version',
            state: 'unknown',
            detail: `the app has ${info.version}: answers of another version may not be understood`,
          },
    );
    await routes.operations(api, { top: '1' });
    findings.push({ what: 'sign-in', state: 'ok', detail: place.auth.kind === 'entra' ? 'Entra' : 'function key' });
    const { rights } = await routes.health(api);
    findings.push(...rights.map(ofRight));
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    findings.push({
      what: nextStep(findings.length),
      state: 'faulty',
      detail: error.message,
      ...(error.details.length > 0 ? { fix: error.details.join('\n') } : {}),
    });
  }
  return findings;
}

const STEPS = ['app', 'connection', 'sign-in', 'rights'] as const;

/** What was tried when so many findings were there. */
function nextStep(count: number): string {
  return STEPS[Math.min(count, STEPS.length) - 1] ?? 'app';
}

function ofRight({ right, on, identity, state, reason, fix }: TriedRight): Finding {
  const about = `${on}${identity === undefined ? '' : ` by ${identity}`}`;
  return {
    what: right,
    state: state === 'given' ? 'ok' : state === 'unknown' ? 'unknown' : 'faulty',
    detail: state === 'given' ? about : `${state}, ${about}${reason === undefined ? '' : `: ${reason}`}`,
    ...(fix === undefined ? {} : { fix }),
  };
}
