import { EXIT_MEANINGS } from './exitCodes.js';

/** Environment variables that `crctl` reads, for the help and docs/cli.md. */
export const ENVIRONMENT: readonly (readonly [string, string])[] = [
  ['CRCTL_URL', 'address of the app'],
  ['CRCTL_KEY', 'function key'],
  ['CRCTL_KEY_FILE', 'file with a function key'],
  ['CRCTL_SCOPE', 'scope to sign in for with Entra'],
  ['CRCTL_OIDC_AUDIENCE', "audience of a GitHub job's token, in sovereign clouds"],
  ['CRCTL_CONTEXT', 'context to use in place of the current one'],
  ['CRCTL_CONFIG', 'file with the contexts'],
  ['CRCTL_LOCAL', 'data folder of the local stack, for --local'],
  ['NO_COLOR', 'no colors, if it is set'],
];

/** What the help of `crctl` says after its lists. */
export function afterHelp(): string {
  return `
Environment:
${rows(ENVIRONMENT)}

Exit codes:
${rows(EXIT_MEANINGS.map(([code, meaning]) => [String(code), meaning]))}
`;
}

function rows(pairs: readonly (readonly [string, string])[]): string {
  const width = Math.max(...pairs.map(([name]) => name.length));
  return pairs.map(([name, meaning]) => `  ${name.padEnd(width)}  ${meaning}`).join('\n');
}
