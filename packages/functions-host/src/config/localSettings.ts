/** local.settings.json as Core Tools reads it (Azure docs: functions-develop-local, "Local settings file"). */
import { readFile } from 'node:fs/promises';
import path from 'node:path';

import { isJsonObject, parseJsonWithComments, type JsonObject } from './jsonWithComments.js';

/** The parts of the file that a host uses. */
export interface LocalSettings {
  /** `Values` and `ConnectionStrings`, as environment variables. */
  readonly environment: Readonly<Record<string, string>>;
  /** `Host.LocalHttpPort`: the default port. */
  readonly port?: number;
  /** `Host.CORS`: origins that browsers may call from; `*` means all. */
  readonly cors: readonly string[];
  /** `Host.CORSCredentials`. */
  readonly corsCredentials: boolean;
  /** Warnings for the user: what was ignored and why. */
  readonly warnings: readonly string[];
}

const none: LocalSettings = { environment: {}, cors: [], corsCredentials: false, warnings: [] };

/**
 * Reads the file of an app folder. A missing file counts as empty, and so does one that is not JSON, with a warning.
 * @throws Error if its values are encrypted, which is the default unless it has `"IsEncrypted": false`
 */
export async function readLocalSettings(appDir: string): Promise<LocalSettings> {
  const file = path.join(appDir, 'local.settings.json');
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw error;
  });
  if (text === undefined) return none;
  let value: unknown;
  try {
    value = parseJsonWithComments(text);
  } catch {
    value = undefined;
  }
  if (!isJsonObject(value))
    return { ...none, warnings: [`Failed to read app settings file at '${file}'. Ensure it is a valid JSON file.`] };
  const values = section(value, 'Values');
  const connections = section(value, 'ConnectionStrings');
  if (value['IsEncrypted'] !== false && Object.keys({ ...values, ...connections }).length > 0)
    throw new Error(
      `${file} holds encrypted values, which only Core Tools can read: write them plainly, with "IsEncrypted": false`,
    );

  const warnings: string[] = [];
  const environment: Record<string, string> = {};
  for (const [name, setting] of Object.entries(connections)) {
    const connection = isJsonObject(setting) ? setting['ConnectionString'] : setting;
    if (typeof connection === 'string') environment[`ConnectionStrings:${name}`] = connection;
  }
  for (const [name, setting] of Object.entries(values)) {
    if (name === '') warnings.push('Skipping local setting with empty key.');
    else if (setting === null) warnings.push(`Skipping '${name}' because value is null`);
    else if (typeof setting === 'string') environment[name] = setting;
    else if (typeof setting === 'number' || typeof setting === 'boolean') environment[name] = String(setting);
    else warnings.push(`Skipping '${name}' because value is not a text`);
  }
  const host = section(value, 'Host');
  const port = Number(host['LocalHttpPort']);
  const cors = typeof host['CORS'] === 'string' ? host['CORS'].split(',').map((origin) => origin.trim()) : [];
  return {
    environment,
    ...(Number.isInteger(port) && port > 0 ? { port } : {}),
    cors: cors.filter((origin) => origin !== ''),
    corsCredentials: host['CORSCredentials'] === true,
    warnings,
  };
}

function section(value: JsonObject, name: string): JsonObject {
  const found = value[name];
  return isJsonObject(found) ? found : {};
}

/**
 * Sets the settings as environment variables. A variable that is already set and not empty takes precedence.
 * @returns the names of those variables
 */
export function applyEnvironment(settings: LocalSettings, environment: NodeJS.ProcessEnv): string[] {
  const kept: string[] = [];
  for (const [name, text] of Object.entries(settings.environment)) {
    if (environment[name] === undefined || environment[name] === '') environment[name] = text;
    else kept.push(name);
  }
  return kept;
}
