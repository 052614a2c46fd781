import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { parse } from 'yaml';
import { z } from 'zod';
import type { validate as Validate } from '@actions/languageservice';
import type { TextDocument as Document } from 'vscode-languageserver-textdocument';
import { projectRoot } from '@connected-registry/clock/files/projectRoot';

/** Of an action's metadata, what a caller has to fit. */
const metadata = z.object({
  name: z.string(),
  description: z.string(),
  inputs: z
    .record(
      z.string(),
      z.object({ description: z.string(), required: z.boolean().optional(), default: z.string().optional() }),
    )
    .default({}),
});

/** @returns what is wrong with the text of a workflow or an action, one sentence each */
export type GithubRules = (file: string, text: string) => Promise<string[]>;

/**
 * GitHub's own check of workflows and actions, as its editor extension has it: fields, expressions, contexts, and the
 * inputs of actions.
 * @param localActions folders below the project of the actions that a workflow names by a path
 */
export async function loadGithubRules(localActions: Readonly<Record<string, string>>): Promise<GithubRules> {
  const { validate, TextDocument } = await loadLibrary();
  let calls = 0;
  return async (file, text) => {
    // The library keeps what it has read, by address.
    const address = `file:///${(calls += 1)}/${file}`;
    const found = await validate(TextDocument.create(address, 'yaml', 0, text));
    return [
      ...found.map(
        ({ range, message }) =>
          `${file}:${range.start.line + 1}: ${typeof message === 'string' ? message : message.value}`,
      ),
      ...wrongInputs(text, localActions).map((problem) => `${file}: ${problem}`),
    ];
  };
}

/** The library imports JSON as bundlers do, which Node refuses. */
async function loadLibrary(): Promise<{ validate: typeof Validate; TextDocument: typeof Document }> {
  const folder = mkdtempSync(join(tmpdir(), 'github-rules-'));
  try {
    const outfile = join(folder, 'rules.mjs');
    await build({
      stdin: {
        contents: `export { validate } from '@actions/languageservice';
          export { TextDocument } from 'vscode-languageserver-textdocument';`,
        resolveDir: projectRoot(),
      },
      outfile,
      bundle: true,
      format: 'esm',
      platform: 'node',
      logLevel: 'error',
    });
    return (await import(pathToFileURL(outfile).href)) as { validate: typeof Validate; TextDocument: typeof Document };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const step = z.object({ uses: z.string().optional(), with: z.record(z.string(), z.unknown()).default({}) });
const workflow = z.object({ jobs: z.record(z.string(), z.object({ steps: z.array(step) })) });

/** The library looks into actions of the public only. */
function wrongInputs(text: string, localActions: Readonly<Record<string, string>>): string[] {
  const read = workflow.safeParse(parse(text));
  if (!read.success) return [];
  const steps = Object.values(read.data.jobs).flatMap((job) => job.steps);
  return steps.flatMap(({ uses = '', with: given }) => {
    const folder = localActions[uses];
    if (folder === undefined) return uses.startsWith('./') ? [`${uses} is not an action of this project`] : [];
    const { inputs } = metadata.parse(parse(readFileSync(join(projectRoot(), folder, 'action.yml'), 'utf8')));
    const missing = Object.entries(inputs).filter(([name, { required }]) => required === true && !(name in given));
    return [
      ...Object.keys(given)
        .filter((name) => !(name in inputs))
        .map((name) => `${uses} has no input ${name}`),
      ...missing.map(([name]) => `${uses} needs the input ${name}`),
    ];
  });
}
