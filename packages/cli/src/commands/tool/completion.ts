import { defineCommand } from '../../program/command.js';

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
  async run(_context, { args: [shell = ''] }) {
    const [{ completionScript }, { COMMANDS }] = await Promise.all([
      import('../../completion/completionScript.js'),
      import('../commands.js'),
    ]);
    const script = completionScript(SHELLS.find((one) => one === shell) ?? 'bash', COMMANDS);
    return { data: script, table: { headers: [], rows: [] }, names: [], isText: true };
  },
});
