import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';

/** One answer of the scripted CLI. What is left out is exit code 0 and an empty text. */
export interface Answer {
  readonly status?: number;
  readonly stdout?: string;
  readonly stderr?: string;
}

/** The calls whose arguments hold `when` get these answers, one after the other; the last one stays. */
export interface Rule {
  readonly when: string;
  readonly answers: readonly Answer[];
}

const call = z.object({
  program: z.string(),
  args: z.array(z.string()),
  held: z
    .object({ parameters: z.record(z.string(), z.object({ value: z.string() })), mode: z.number(), file: z.string() })
    .optional(),
});
export type Call = z.infer<typeof call>;

/** Notes how it was called, with what its parameter file held, and answers by the rules; `{}` where none fits. */
const SCRIPT = `#!${process.execPath}
const fs = require('node:fs');
const path = require('node:path');
const folder = __dirname;
const args = process.argv.slice(2);
const program = path.basename(process.argv[1]);
const file = args.find((one) => one.startsWith('@'))?.slice(1);
const held = file && { parameters: JSON.parse(fs.readFileSync(file, 'utf8')).parameters, mode: fs.statSync(file).mode & 0o777, file };
fs.appendFileSync(path.join(folder, 'log'), JSON.stringify({ program, args, held }) + '\\n');
const rules = JSON.parse(fs.readFileSync(path.join(folder, 'rules.json'), 'utf8'));
const line = program + ' ' + args.join(' ');
const rule = rules.find((one) => line.includes(one.when));
const [answer = { stdout: '{}' }] = rule ? (rule.answers.length > 1 ? rule.answers.splice(0, 1) : rule.answers) : [];
fs.writeFileSync(path.join(folder, 'rules.json'), JSON.stringify(rules));
const held64 = JSON.stringify(held?.parameters ?? {});
process.stdout.write(answer.stdout ?? '');
process.stderr.write((answer.stderr ?? '').replace('(what was sent)', held64));
process.exitCode = answer.status ?? 0;
`;

/** A folder for the PATH with an \`az\` and an \`azd\` that give scripted answers. */
export class ScriptedAz {
  readonly folder = mkdtempSync(join(tmpdir(), 'hooks-'));

  constructor(rules: readonly Rule[] = []) {
    this.follow(rules);
    for (const name of ['az', 'azd']) {
      writeFileSync(join(this.folder, name), SCRIPT);
      chmodSync(join(this.folder, name), 0o755);
    }
  }

  follow(rules: readonly Rule[]): void {
    writeFileSync(join(this.folder, 'rules.json'), JSON.stringify(rules));
  }

  get calls(): Call[] {
    const log = join(this.folder, 'log');
    if (!existsSync(log)) return [];
    return readFileSync(log, 'utf8')
      .trim()
      .split('\n')
      .map((line) => call.parse(JSON.parse(line)));
  }

  /** The calls whose arguments hold `text`. */
  callsWith(text: string): Call[] {
    return this.calls.filter(({ program, args }) => `${program} ${args.join(' ')}`.includes(text));
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

const GROUP = '/subscriptions/s1/resourceGroups/rg-a/providers';

/** What azd hands to a hook: what it knows itself, and the outputs of main.bicep. */
export const OUTPUTS = {
  AZURE_ENV_NAME: 'a',
  AZURE_LOCATION: 'westeurope',
  AZURE_SUBSCRIPTION_ID: 's1',
  AZURE_RESOURCE_GROUP: 'rg-a',
  FUNCTION_APP_ID: `${GROUP}/Microsoft.Web/sites/func-a`,
  VAULT_ID: '/subscriptions/s2/resourceGroups/theirs/providers/Microsoft.KeyVault/vaults/their-vault',
  REPORT_KEY_NAME: 'report-keys',
  REGISTRY_IDS: `${GROUP}/Microsoft.ContainerRegistry/registries/cra`,
  REQUEST_TOPIC_NAME: 'evgt-requests-a',
  EVENTS_IDENTITY_ID: `${GROUP}/Microsoft.ManagedIdentity/userAssignedIdentities/id-events-a`,
  STORAGE_ID: `${GROUP}/Microsoft.Storage/storageAccounts/sta`,
  DEAD_LETTER_CONTAINER: 'dead-letters',
  // Nobody answers there.
  FUNCTION_APP_HOST: 'localhost:1',
  ACTION_GROUP_ID: `${GROUP}/Microsoft.Insights/actionGroups/ag-a`,
} as const;

/** Lists the named functions as Resource Manager does. */
export function listing(...names: readonly string[]): Answer {
  const config = { bindings: [{ type: 'eventGridTrigger', name: 'event' }] };
  return {
    stdout: JSON.stringify({ value: names.map((name) => ({ name: `func-a/${name}`, properties: { name, config } })) }),
  };
}

/** An error as the CLI shows it. @param status its exit code: 3 for a 404, else 1. */
export function refusal(code: string, status = 1): Answer {
  return { status, stderr: `ERROR: (${code}) as Azure says it\nCode: ${code}` };
}
