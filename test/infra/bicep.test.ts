import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { bicep, bicepFiles, evaluatedOf, IDS, INFRA, inFolder, scenarios, snapshot } from './bicepCli.js';

/** Only diagnostics: what the CLI says of itself is on the same stream. */
function diagnosticsOf(output: string): string[] {
  return output.split('\n').filter((line) => /\) : (Error|Warning|Info)/.test(line));
}

describe('the real Bicep CLI', () => {
  test('reports nothing about the files of infra/', () => {
    for (const pattern of ['**/*.bicep', '**/*.bicepparam']) {
      const lint = bicep('lint', '--pattern', join(INFRA, pattern));
      expect(diagnosticsOf(lint.stdout + lint.stderr)).toEqual([]);
      expect(lint.status).toBe(0);
    }
  });

  test.each(['main', 'events', 'device-access', 'report-keys'])('builds %s', (name) => {
    const build = bicep('build', join(INFRA, `${name}.bicep`), '--stdout');
    expect(diagnosticsOf(build.stderr)).toEqual([]);
    expect(build.status).toBe(0);
    expect(z.object({ resources: z.unknown(), $schema: z.string() }).safeParse(JSON.parse(build.stdout)).success).toBe(
      true,
    );
  });

  test('would not format any file differently', () => {
    inFolder((folder) => {
      cpSync(INFRA, folder, { recursive: true });
      for (const pattern of ['**/*.bicep', '**/*.bicepparam'])
        expect(bicep('format', '--pattern', join(folder, pattern)).status).toBe(0);
      for (const file of bicepFiles())
        expect(readFileSync(join(folder, relative(INFRA, file)), 'utf8'), file).toBe(readFileSync(file, 'utf8'));
    });
  });

  test('refuses operators of Entra if no operator is named', () => {
    inFolder((folder) => {
      cpSync(INFRA, folder, { recursive: true });
      const file = join(folder, 'parameters', 'existing.bicepparam');
      writeFileSync(
        file,
        readFileSync(file, 'utf8').replace("OPERATOR_ROLE: 'Onboarding.Operate'", "OPERATOR_ROLE: ''"),
      );
      const made = bicep('snapshot', file, '--mode', 'overwrite', '--location', 'westeurope', ...IDS);
      const text = existsSync(join(folder, 'parameters', 'existing.snapshot.json'))
        ? readFileSync(join(folder, 'parameters', 'existing.snapshot.json'), 'utf8')
        : '';
      expect(made.stdout + made.stderr + text).toContain('needs OPERATOR_ROLE or OPERATOR_PRINCIPALS');
    });
  });

  test('names the system topic of a group by the group, in any order of the registries', () => {
    const topics = [false, true].map((isReversed) =>
      inFolder((folder) => {
        cpSync(INFRA, folder, { recursive: true });
        const file = join(folder, 'parameters', 'events.bicepparam');
        const given = readFileSync(file, 'utf8').replace(/^param groupTopicIds.*$/m, '');
        const ordered = given.replace(
          /^param registryIds = '(.*)'$/m,
          (_, ids: string) =>
            `param registryIds = '${(isReversed ? ids.split(',').toReversed() : ids.split(',')).join(',')}'`,
        );
        writeFileSync(file, ordered);
        const made = bicep('snapshot', file, '--mode', 'overwrite', '--location', 'westeurope', ...IDS);
        expect(made.status, made.stderr).toBe(0);
        const text = readFileSync(join(folder, 'parameters', 'events.snapshot.json'), 'utf8');
        return [...new Set(text.match(/\/[^"]*\/systemTopics\/evgt-group-[^/"]+/g))].toSorted();
      }),
    );
    expect(topics[0]).toHaveLength(2);
    expect(topics[1]).toEqual(topics[0]);
  });

  test.each(scenarios())('builds %s as in its committed snapshot (--update writes it)', (name) => {
    const made = snapshot(name, process.env['SNAPSHOT_MODE'] === 'overwrite' ? 'overwrite' : 'validate');
    expect({ status: made.status, said: diagnosticsOf(made.stderr) }, made.stdout + made.stderr).toEqual({
      status: 0,
      said: [],
    });
    expect(evaluatedOf(name).diagnostics).toEqual([]);
  });
});
