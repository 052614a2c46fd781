import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { FIX_COMMANDS } from '../../../../src/domain/check/fixCommands.js';

const SOURCE = fileURLToPath(new URL('../../../../src', import.meta.url));

test('all printed Azure CLI commands come from one file, of which a test runs each', () => {
  const files = readdirSync(SOURCE, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  const printing = files.filter((name) =>
    /['"`][^'"`\n]*\baz (?:acr|keyvault|iot|role|account|resource) /.test(withoutComments(name)),
  );
  expect(printing).toEqual([]);
  expect(withoutComments('domain/check/fixCommands.ts')).toContain('azCommand(`acr ${command}`');
});

function withoutComments(name: string): string {
  return readFileSync(join(SOURCE, name), 'utf8').replaceAll(/\/\*[\s\S]*?\*\//g, '');
}

test('a wildcard, and a name with a quote, are quoted as one word for a shell', () => {
  const add = (repository: string) =>
    FIX_COMMANDS.addToSyncScope({ registry: 'R', connectedRegistry: 'edge', repository });
  expect(add('samples/*')).toMatch(/ --registry r .* --add 'samples\/\*'$/);
  expect(add("a'b; c")).toMatch(/ --add 'a'\\''b; c'$/);
});
