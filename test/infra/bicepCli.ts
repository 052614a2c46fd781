import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { projectRoot } from '@connected-registry/clock/files/projectRoot';

export const INFRA = join(projectRoot(), 'infra');
export const PARAMETERS = join(INFRA, 'parameters');

/** The subscription of the snapshots' deployment; those of resources that are brought differ. */
export const SUBSCRIPTION = '00000000-0000-0000-0000-000000000001';
const TENANT = '00000000-0000-0000-0000-000000000002';
/** Whose deployment a snapshot is of. */
export const IDS = ['--tenant-id', TENANT, '--subscription-id', SUBSCRIPTION] as const;
/** The group of the vault, which device access is deployed into. */
const VAULT_GROUP = 'secrets';

/** Runs the CLI that scripts/testInfra.mjs has found. */
export function bicep(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  const cli = process.env['BICEP_CLI'];
  if (!cli) throw new Error('BICEP_CLI names no Bicep CLI; run the tests by "npm run test:infra".');
  return spawnSync(cli, args, { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
}

/** Every Bicep file of infra/, and every parameter file. */
export function bicepFiles(): string[] {
  return readdirSync(INFRA, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.bicep(param)?$/.test(name))
    .map((name) => join(INFRA, name));
}

/** Names of the parameter files: `new`, `existing` and so on. */
export function scenarios(): string[] {
  return readdirSync(PARAMETERS)
    .filter((name) => name.endsWith('.bicepparam'))
    .map((name) => name.replace('.bicepparam', ''));
}

/** Makes a scenario's snapshot anew, or compares the committed one with what it would be now. */
export function snapshot(scenario: string, mode: 'overwrite' | 'validate'): ReturnType<typeof bicep> {
  const file = join(PARAMETERS, `${scenario}.bicepparam`);
  const isOfGroup = readFileSync(file, 'utf8').includes('device-access');
  const scope = isOfGroup ? ['--resource-group', VAULT_GROUP] : ['--location', 'westeurope'];
  return bicep('snapshot', file, '--mode', mode, ...IDS, ...scope);
}

const resource = z.looseObject({
  id: z.string(),
  type: z.string(),
  name: z.string(),
  properties: z.record(z.string(), z.unknown()).optional(),
});
export type Resource = z.infer<typeof resource>;

const evaluated = z.object({
  predictedResources: z.array(resource),
  diagnostics: z.array(z.unknown()),
  outputs: z.record(z.string(), z.unknown()).default({}),
});

/** The committed snapshot of a scenario: every resource as it would be asked of Azure. */
export function evaluatedOf(scenario: string): z.infer<typeof evaluated> {
  return evaluated.parse(JSON.parse(readFileSync(join(PARAMETERS, `${scenario}.snapshot.json`), 'utf8')));
}

/** Resources of one type, ignoring case. */
export function ofType(scenario: string, type: string): Resource[] {
  return evaluatedOf(scenario).predictedResources.filter((one) => one.type.toLowerCase() === type.toLowerCase());
}

/** A folder for output that is not kept. */
export function inFolder<T>(work: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'bicep-'));
  try {
    return work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
