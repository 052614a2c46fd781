// The Azure CLI, for what azd itself has no command for. It must be signed in to the cloud and subscription that azd
// deploys to.
import { command } from './command.mjs';

/** Thrown with what to do about it; never holds a value of a parameter. */
export class HookError extends Error {}

/** The Azure CLI ended with another exit code than 0. */
export class AzError extends HookError {
  /**
   * @param {readonly string[]} args how it was called
   * @param {number | null} status its exit code
   * @param {string} said its own message
   */
  constructor(args, status, said) {
    super(`az ${args.slice(0, 3).join(' ')} failed: ${said || `exit code ${status}, without a message`}`);
    this.status = status;
    this.said = said;
  }
}

/**
 * @param {string} name
 * @returns {string} a value that azd has from the deployment's outputs
 */
export function output(name) {
  const value = process.env[name];
  if (!value)
    throw new HookError(`${name} is not set; azd sets it from the outputs of infra/main.bicep. Run this by azd.`);
  return value;
}

/**
 * Runs `az` and parses its answer.
 * @param {string[]} args
 * @param {readonly string[]} secrets values that must not stand in a message, whatever the CLI says
 * @returns {any} undefined where it answers nothing
 * @throws {AzError} with az's own message for every exit code but 0, not-found included
 */
export function az(args, secrets = []) {
  const { status, stdout, stderr, error } = command('az', [...args, '--output', 'json', '--only-show-errors']);
  if (error)
    throw new HookError(
      `the Azure CLI (az) could not be started (${error.code ?? error.message}); install it and sign in with az login.`,
    );
  if (status !== 0) throw new AzError(args, status, withoutSecrets(stderr.trim(), secrets));
  if (stdout.trim() === '') return undefined;
  try {
    return JSON.parse(stdout);
  } catch {
    throw new AzError(args, status, 'its answer is not JSON');
  }
}

/**
 * Whether a resource exists. Only here not-found is an answer, and only for the resource itself: a vault that is
 * missing is no answer to whether its secret exists.
 * @param {string} id resource id
 * @param {string} apiVersion of its type
 */
export function exists(id, apiVersion) {
  try {
    az(['resource', 'show', '--ids', id, '--api-version', apiVersion]);
    return true;
  } catch (error) {
    // The CLI ends with 3 for a 404, and shows ARM's code in parentheses.
    if (error instanceof AzError && error.status === 3 && /\((ResourceNotFound|SecretNotFound)\)/.test(error.said))
      return false;
    throw error;
  }
}

/**
 * @param {string} text
 * @param {readonly string[]} secrets
 */
function withoutSecrets(text, secrets) {
  return secrets.reduce((rest, secret) => rest.replaceAll(secret, '(a secret)'), text);
}

/**
 * Runs a hook; its failure is azd's.
 * @param {() => void | Promise<void>} work
 */
export async function hook(work) {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof HookError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}
