import type { OptionSpecs, OptionValues } from './optionSpecs.js';

export const OUTPUT_FORMATS = ['table', 'json', 'yaml', 'csv', 'name'] as const;
export type OutputFormat = (typeof OUTPUT_FORMATS)[number];

/** Options of every command. */
export const OUTPUT_OPTIONS = {
  output: {
    kind: 'text',
    value: 'FORMAT',
    short: 'o',
    choices: OUTPUT_FORMATS,
    help: `form of the data on stdout: ${OUTPUT_FORMATS.join(', ')}; the default is table`,
  },
  query: { kind: 'text', value: 'JMESPATH', help: 'JMESPath query of the data, as the Azure CLI has it' },
  noHeaders: { kind: 'flag', help: 'leave out the header line of a table or of CSV' },
  noColor: { kind: 'flag', help: 'no colors; the environment variable NO_COLOR does the same' },
} as const satisfies OptionSpecs;

/** Options of every command that talks to the app. */
export const CONNECTION_OPTIONS = {
  context: { kind: 'text', value: 'NAME', help: 'use this context (CRCTL_CONTEXT) in place of the current one' },
  url: { kind: 'text', value: 'URL', help: 'address of the app (CRCTL_URL), in place of a context' },
  keyFile: {
    kind: 'text',
    value: 'FILE',
    help: 'file with a function key (CRCTL_KEY_FILE); CRCTL_KEY may have the key itself',
  },
  scope: {
    kind: 'text',
    value: 'SCOPE',
    help: 'sign in with Entra for this scope (CRCTL_SCOPE): api://CLIENT_ID/.default',
  },
  local: { kind: 'flag', help: 'use the stack that npm run local has started in this folder or one above' },
} as const satisfies OptionSpecs;

export type OutputOptions = OptionValues<typeof OUTPUT_OPTIONS>;
export type ConnectionOptions = OptionValues<typeof CONNECTION_OPTIONS>;
