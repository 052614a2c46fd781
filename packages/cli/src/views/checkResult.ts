import type {
  CheckFinding,
  CheckResult,
  CheckWarning,
  UnusedResource,
} from '@connected-registry/protocol/answers/clientAnswers';
import type { UnmanagedFinding } from '@connected-registry/protocol/answers/unmanagedAnswers';
import { tableOf, type Block, type Column } from '../output/output.js';
import { stateTone } from './clientColumns.js';

const FINDING_COLUMNS: readonly Column<CheckFinding>[] = [
  { header: 'REGISTRY', minor: 1, value: ({ registry }) => registry },
  { header: 'CONNECTED REGISTRY', value: ({ connectedRegistry }) => connectedRegistry },
  { header: 'CLIENT', value: ({ client }) => client },
  { header: 'STATE', firm: true, value: ({ state }) => state, tone: ({ state }) => stateTone(state) },
  { header: 'DIFFERENCES', value: ({ differences }) => differences.map(({ code }) => code).join(', ') },
];

const UNUSED_COLUMNS: readonly Column<UnusedResource>[] = [
  { header: 'KIND', value: ({ kind }) => kind },
  { header: 'REGISTRY', minor: 1, value: ({ registry }) => registry },
  { header: 'NAME', value: ({ name }) => name },
  { header: 'REASON', value: ({ reason }) => reason },
];

const UNMANAGED_COLUMNS: readonly Column<UnmanagedFinding>[] = [
  { header: 'REGISTRY', minor: 1, value: ({ registry }) => registry },
  { header: 'CONNECTED REGISTRY', value: ({ connectedRegistry }) => connectedRegistry },
  { header: 'TOKEN', value: ({ token }) => token },
  { header: 'FIX', value: ({ fix }) => fix },
];

/** The findings of a check: differences with what was expected and found, and the fix of each. */
export function checkBlocks(result: CheckResult): Block[] {
  const { checked, counts, findings, omittedFindings, unused, omittedUnused, warnings } = result;
  const { unmanaged = [], omittedUnmanaged = 0 } = result;
  const states = Object.entries(counts).map(([state, count]) => `${count} ${state}`);
  return [
    { title: 'Result', fields: [['checked', `${checked}${states.length > 0 ? `: ${states.join(', ')}` : ''}`]] },
    { title: 'Findings', table: tableOf(findings, FINDING_COLUMNS) },
    ...(omittedFindings > 0 ? [{ lines: [`${omittedFindings} more findings are in the log of the app.`] }] : []),
    ...lines('Differences and fixes', findings.flatMap(findingLines)),
    { title: 'Unused', table: tableOf(unused, UNUSED_COLUMNS) },
    ...(omittedUnused > 0 ? [{ lines: [`${omittedUnused} more unused resources are in the log of the app.`] }] : []),
    ...(unmanaged.length > 0 ? [{ title: 'Unmanaged', table: tableOf(unmanaged, UNMANAGED_COLUMNS) }] : []),
    ...(omittedUnmanaged > 0 ? [{ lines: [`${omittedUnmanaged} more: see crctl import.`] }] : []),
    ...lines('Warnings', warnings.flatMap(warningLines)),
  ];
}

function lines(title: string, content: readonly string[]): Block[] {
  return content.length === 0 ? [] : [{ title, lines: content }];
}

function findingLines({ connectedRegistry, client, differences, fix }: CheckFinding): string[] {
  const about = `${connectedRegistry}/${client}`;
  return [
    ...differences.map(
      ({ code, expected, found }) =>
        `${about}: ${code}${expected === undefined ? '' : `, expected ${expected}`}${found === undefined ? '' : `, found ${found}`}`,
    ),
    ...(fix === undefined ? [] : fix.split('\n').map((line) => `  ${line}`)),
  ];
}

/** A warning, and what to do about it. */
export function warningLines({ registry, connectedRegistry, message, fix }: CheckWarning): string[] {
  return [`${registry}/${connectedRegistry}: ${message}`, `  ${fix}`];
}
