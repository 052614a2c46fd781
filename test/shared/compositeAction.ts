import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { runProgram, type Ended } from './runProgram.js';

const actionFile = z.object({
  inputs: z.record(z.string(), z.object({ default: z.coerce.string().optional() })),
  outputs: z.record(z.string(), z.object({ value: z.string() })).default({}),
  runs: z.object({
    steps: z.array(
      z.object({
        id: z.string().optional(),
        env: z.record(z.string(), z.string()),
        run: z.string(),
      }),
    ),
  }),
});

/** How a composite action has ended. */
export interface ActionRun {
  /** Of the step that failed, else 0. */
  readonly code: number;
  /** Outputs of the action; those that no step has set are empty. */
  readonly outputs: Readonly<Record<string, string>>;
  /** Names of everything that steps have set as an output. */
  readonly set: readonly string[];
  /** Markdown of the summary of the job. */
  readonly summary: string;
  /** All that the steps have printed. */
  readonly log: string;
  /** Lines that the runner would have carried out as workflow commands. */
  readonly commands: readonly string[];
}

/**
 * Runs the shell steps of composite actions as GitHub's runner does: environment, files for outputs, workflow commands
 * in the log.
 */
export class ActionRunner {
  readonly temp = mkdtempSync(join(tmpdir(), 'runner-temp-'));
  readonly workspace = join(this.temp, 'workspace');
  #steps = 0;

  constructor() {
    mkdirSync(this.workspace);
  }

  /**
   * @param folder with `action.yml`
   * @param inputs of the action, by name
   * @param env of the job
   */
  async run(
    folder: string,
    inputs: Readonly<Record<string, string>>,
    env: Readonly<Record<string, string>> = {},
  ): Promise<ActionRun> {
    const action = actionFile.parse(parse(readFileSync(join(folder, 'action.yml'), 'utf8')));
    const given = Object.fromEntries(
      Object.entries(action.inputs).map(([name, spec]) => [name, inputs[name] ?? spec.default ?? '']),
    );
    const outputs: Record<string, string> = {};
    let [code, log, summary] = [0, '', ''];
    for (const { id, env: own, run } of action.runs.steps) {
      const values = Object.entries(own).map(([name, value]) => [name, filledIn(value, given)] as const);
      const step = await this.#step(run, { ...env, ...Object.fromEntries(values), GITHUB_ACTION_PATH: folder });
      for (const [name, value] of Object.entries(step.outputs)) outputs[`${id}.${name}`] = value;
      log += step.ended.out + step.ended.err;
      summary += step.summary;
      code = step.ended.code;
      if (code !== 0) break;
    }
    return {
      code,
      log,
      summary,
      set: Object.keys(outputs),
      outputs: Object.fromEntries(
        Object.entries(action.outputs).map(([name, { value }]) => {
          const [, key = ''] = /^\$\{\{ steps\.(.+?)\.outputs\./.exec(value) ?? [];
          return [name, outputs[`${key}.${value.split('.outputs.')[1]?.replace(' }}', '')}`] ?? ''];
        }),
      ),
      commands: commandsIn(log),
    };
  }

  async #step(
    script: string,
    env: Readonly<Record<string, string>>,
  ): Promise<{ ended: Ended; outputs: Record<string, string>; summary: string }> {
    const step = join(this.temp, `step-${(this.#steps += 1)}`);
    mkdirSync(step);
    const [outputFile, summaryFile, scriptFile] = ['output', 'summary', 'script.sh'].map((name) =>
      join(step, name),
    ) as [string, string, string];
    for (const file of [outputFile, summaryFile]) writeFileSync(file, '');
    writeFileSync(scriptFile, script);
    // As the documentation of `jobs.<job_id>.steps[*].shell` has it for `bash`.
    const ended = await runProgram('bash', ['--noprofile', '--norc', '-eo', 'pipefail', scriptFile], {
      cwd: this.workspace,
      env: {
        HOME: this.temp,
        npm_config_update_notifier: 'false',
        ...env,
        RUNNER_TEMP: this.temp,
        GITHUB_OUTPUT: outputFile,
        GITHUB_STEP_SUMMARY: summaryFile,
      },
    });
    return { ended, outputs: outputsIn(readFileSync(outputFile, 'utf8')), summary: readFileSync(summaryFile, 'utf8') };
  }

  dispose(): void {
    rmSync(this.temp, { recursive: true, force: true, maxRetries: 5 });
  }
}

function filledIn(value: string, inputs: Readonly<Record<string, string>>): string {
  return value.replaceAll(/\$\{\{ inputs\.([\w-]+) \}\}/g, (_all, name: string) => {
    const given = inputs[name];
    if (given === undefined) throw new Error(`There is no input ${name}.`);
    return given;
  });
}

/**
 * `name=value`, or `name<<delimiter`, lines, and the delimiter: "Setting an output parameter" of GitHub's
 * documentation.
 */
function outputsIn(text: string): Record<string, string> {
  const found: Record<string, string> = {};
  const lines = text.split('\n');
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? '';
    if (line === '') continue;
    const [, name, delimiter] = /^([^=]+?)<<(.+)$/.exec(line) ?? [];
    if (name === undefined) {
      const [key = '', ...rest] = line.split('=');
      if (rest.length === 0) throw new Error(`The runner refuses the output ${line}.`);
      found[key] = rest.join('=');
      continue;
    }
    const end = lines.indexOf(delimiter ?? '', at + 1);
    if (end === -1) throw new Error(`The output ${name} has no end.`);
    found[name] = lines.slice(at + 1, end).join('\n');
    at = end;
  }
  return found;
}

/**
 * What the runner takes for a command: a line that begins with `::`, or has `##[`, unless commands are stopped
 * (actions/runner, ActionCommand.cs and ActionCommandManager.cs).
 */
function commandsIn(log: string): string[] {
  const found: string[] = [];
  let stop: string | undefined;
  for (const line of log.split(/\r\n|\r|\n/)) {
    const isCommand = /^\s*::[^:]+::/.test(line) || /##\[[^\]]+\]/.test(line);
    if (!isCommand) continue;
    if (stop === undefined) {
      found.push(line);
      stop = /^\s*::stop-commands::(.+)$/.exec(line)?.[1];
    } else if (line.trim() === `::${stop}::`) {
      found.push(line);
      stop = undefined;
    }
  }
  return found;
}
