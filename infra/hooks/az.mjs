// The Azure CLI, for what azd itself has no command for. It must be signed in to the cloud and subscription that azd deploys to.
import { spawnSync } from 'node:child_process';

/** Thrown with what to do about it; never holds a value of a parameter. */
export class HookError extends Error {}

/** @returns {string} a value that azd has from the deployment's outputs */
export function output(name) {
  const value = process.env[name];
  if (!value)
    throw new HookError(`${name} is not set; azd sets it from the outputs of infra/main.bicep. Run this by azd.`);
  return value;
}

/**
 * Runs `az` and parses its answer.
 * @param {string[]} args
 * @returns {{ found: true, value: any } | { found: false }} not found for az's exit code 3, a resource that is not there
 */
export function az(args) {
  const { status, stdout, stderr, error } = spawnSync('az', [...args, '--output', 'json', '--only-show-errors'], {
    encoding: 'utf8',
    maxBuffer: 16 * 1024 * 1024,
  });
  if (error)
    throw new HookError(
      `the Azure CLI (az) could not be started (${error.message}); install it and sign in with az login.`,
    );
  if (status === 3 || /ResourceNotFound|SecretNotFound|ParentResourceNotFound/.test(stderr)) return { found: false };
  if (status !== 0) throw new HookError(`az ${args.slice(0, 3).join(' ')} failed: ${stderr.trim()}`);
  return { found: true, value: stdout.trim() === '' ? undefined : JSON.parse(stdout) };
}

/** Runs a hook; its failure is azd's. */
export function hook(work) {
  try {
    work();
  } catch (error) {
    if (!(error instanceof HookError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}
