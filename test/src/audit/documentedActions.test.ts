import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { projectRoot } from '@connected-registry/clock/files/projectRoot';
import { AUDIT_EVENTS } from '../../../src/audit/actions.js';
import { PORT_CALLS, WRITE_ACTIONS } from '../../../src/ports/portCalls.js';

/* The types let nobody audit another name than those of the two lists. */

const root = projectRoot();
const WRITES = ['succeeded', 'failed'] as const;

test('docs/operations.md has a row for every name of the audit, with its outcomes, and no other', () => {
  const part = readFileSync(join(root, 'docs/operations.md'), 'utf8').split('\n## The audit\n')[1]?.split('\n## ')[0];
  const rows = (part ?? '').split('\n').filter((line) => /^\| `\w+\./.test(line));
  const documented = rows.flatMap((row) => {
    const [, names = '', outcomes = ''] = row.split('|');
    const said = outcomes.trim().split(', ');
    return [...names.matchAll(/`([^`]+)`/g)].map(([, name = '']) => [name, said] as const);
  });
  expect(documented.length).toBe(new Set(documented.map(([name]) => name)).size);
  expect(Object.fromEntries(documented)).toEqual({
    ...AUDIT_EVENTS,
    ...Object.fromEntries(WRITE_ACTIONS.map((name) => [name, WRITES])),
  });
});

test('every name is written somewhere', () => {
  const written = Object.values(PORT_CALLS).flatMap((port) =>
    Object.values(port).flatMap((call) => (call === 'not audited' ? [] : [call.action])),
  );
  expect(new Set(written)).toEqual(new Set(WRITE_ACTIONS));
  const code = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('actions.ts'))
    .map((name) => readFileSync(join(root, 'src', name), 'utf8'))
    .join('\n');
  const actions = Object.entries(AUDIT_EVENTS).flatMap(([name, outcomes]) =>
    outcomes.map((outcome) => `${name}.${outcome}`),
  );
  // Commands to a rollout are put in by a name of their own type.
  const plain = actions.filter((action) => !/^rollout\.(?:pause|resume|cancel|retry-failed)\./.test(action));
  // The purge of runs and that of rollouts share their lines.
  const forms = (action: string) => [`'${action}'`, `\`\${kind}${action.slice(action.indexOf('.'))}\``];
  expect(plain.filter((action) => !forms(action).some((form) => code.includes(form)))).toEqual([]);
});
