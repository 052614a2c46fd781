import { defineCommand } from '../../program/command.js';
import { usageError } from '../../program/commandError.js';

const SHELLS = ['bash', 'zsh', 'fish', 'powershell'] as const;

export const completion = defineCommand({
  name: 'completion',
  summary: 'print a script that completes crctl in a shell',
  args: [{ name: 'SHELL', help: SHELLS.join(', '), choices: SHELLS }],
  options: {},
  examples: [
    { text: 'bash, in ~/.bashrc', line: 'source <(crctl completion bash)' },
    { text: 'zsh, in ~/.zshrc after compinit', line: 'source <(crctl completion zsh)' },
    { text: 'fish, in ~/.config/fish/config.fish', line: 'crctl completion fish | source' },
    { text: 'PowerShell, in $PROFILE', line: 'crctl completion powershell | Out-String | Invoke-Expression' },
  ],
  usesApp: false,
  async run({ commands }, { args: [given] }) {
    const { completionScript } = await import('../../completion/completionScript.js');
    const [shell] = SHELLS.filter((one) => one === given);
    if (!shell)
      throw usageError(`There is no script for ${JSON.stringify(given)}.`, `There is one for ${SHELLS.join(', ')}.`);
    const script = completionScript(shell, commands);
    return { data: script, table: { headers: [], rows: [] }, names: [], isText: true };
  },
});
