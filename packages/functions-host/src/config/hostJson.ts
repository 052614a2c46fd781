/** host.json with what the environment overrides (Azure docs: functions-host-json, "Override host.json values"). */
import { sameName } from '../caseInsensitive.js';
import { readFile } from 'node:fs/promises';
import path from 'node:path';

import { isJsonObject, parseJsonWithComments, type JsonObject } from './jsonWithComments.js';

/** The settings of an app's host. Names ignore case, as in .NET's configuration. */
export interface HostJson {
  /** The merged file. */
  readonly value: JsonObject;
  /** The value at a path, e.g. `get('extensions', 'durableTask', 'hubName')`; undefined when absent. */
  get(...names: string[]): unknown;
}

/** host.json is not usable. The message names the file and says what to do. */
class HostJsonError extends Error {
  override readonly name = 'HostJsonError';
}

const overridePrefix = 'azurefunctionsjobhost__';

/**
 * Reads host.json of an app folder. A missing file counts as `{"version": "2.0"}`, which the real host would create.
 * Environment variables `AzureFunctionsJobHost__a__b` override `a.b`.
 * @throws HostJsonError if the file is not JSON or its version is not "2.0"
 */
export async function readHostJson(
  appDir: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<HostJson> {
  const file = path.join(appDir, 'host.json');
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '{"version": "2.0"}';
    throw error;
  });
  let value: unknown;
  try {
    value = parseJsonWithComments(text);
  } catch (error) {
    throw new HostJsonError(`Unable to parse host configuration file '${file}'.`, { cause: error });
  }
  if (!isJsonObject(value)) throw new HostJsonError(`${file} must hold a JSON object`);
  if (value['version'] === undefined) throw new HostJsonError(`${file} is missing the required 'version' property`);
  if (value['version'] !== '2.0')
    throw new HostJsonError(`${file}: ${JSON.stringify(value['version'])} is an invalid 'version'; it must be "2.0"`);
  return hostJsonOf(value, environment);
}

/** The same for a value that was read elsewhere (tests, apps without a file). */
export function hostJsonOf(
  value: JsonObject,
  environment: Readonly<Record<string, string | undefined>> = {},
): HostJson {
  const merged = structuredClone(value);
  for (const [name, text] of Object.entries(environment)) {
    if (text !== undefined && name.toLowerCase().startsWith(overridePrefix))
      override(merged, name.slice(overridePrefix.length).split('__'), text);
  }
  return { value: merged, get: (...names) => names.reduce(child, merged) };
}

function keyOf(object: JsonObject, name: string): string {
  return Object.keys(object).find((key) => sameName(key, name)) ?? name;
}

function child(value: unknown, name: string): unknown {
  if (Array.isArray(value)) return value[Number(name)];
  return isJsonObject(value) ? value[keyOf(value, name)] : undefined;
}

/**
 * Environment values are texts. Numbers and booleans are recognized by the value that they replace, or by their form.
 */
function override(target: JsonObject, names: readonly string[], text: string): void {
  const [first = '', ...rest] = names;
  const key = keyOf(target, first);
  if (rest.length === 0) {
    target[key] = scalar(text);
    return;
  }
  const next = target[key];
  const inner: JsonObject = isJsonObject(next) ? next : {};
  target[key] = inner;
  override(inner, rest, text);
}

function scalar(text: string): unknown {
  if (/^(true|false)$/i.test(text)) return sameName(text, 'true');
  return /^-?\d+(\.\d+)?$/.test(text) && String(Number(text)) === text ? Number(text) : text;
}

/** A text setting, or `otherwise` if it is absent or not a text. */
export function textSetting(json: HostJson, otherwise: string, ...names: string[]): string {
  const value = json.get(...names);
  return typeof value === 'string' ? value : otherwise;
}

/** logging.logLevel as rules. Nested categories of the file are joined as they are. */
export function logLevelRules(json: HostJson): Record<string, string> {
  const rules: Record<string, string> = {};
  const found = json.get('logging', 'logLevel');
  if (isJsonObject(found))
    for (const [category, level] of Object.entries(found)) if (typeof level === 'string') rules[category] = level;
  return rules;
}
