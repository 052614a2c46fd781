import { describe, expect, test } from 'vitest';
import { COMMANDS } from '../../src/commands/commands.js';
import { completionScript, type Shell } from '../../src/completion/completionScript.js';
import { flagName } from '../../src/program/optionSpecs.js';

describe.each(['bash', 'zsh', 'fish', 'powershell'] as const satisfies readonly Shell[])('%s', (shell) => {
  const script = completionScript(shell, COMMANDS);

  test('has every command and every flag', () => {
    for (const { name, options } of COMMANDS) {
      for (const word of name.split(' ')) expect(script).toContain(word);
      for (const option of Object.keys(options)) expect(script).toContain(flagName(option));
    }
  });

  test('has only characters that no shell takes for something else', () => {
    const words = [...script.matchAll(/'([^'\n]*)'/g)].map(([, text = '']) => text);
    for (const word of words) expect(word).toMatch(/^[\w .=/-]*$/);
  });
});
