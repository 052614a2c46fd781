/** The host's keys: created once for a data folder, readable only by their owner, compared in constant time. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** One key of each kind. `durable` and `eventGrid` are system keys, each for its own webhook. */
export interface HostKeys {
  readonly master: string;
  readonly function: string;
  readonly durable: string;
  readonly eventGrid: string;
}

const names = ['master', 'function', 'durable', 'eventGrid'] as const;

/** 30 random bytes as 40 URL-safe characters. */
const newKey = (): string => randomBytes(30).toString('base64url');

/**
 * Reads `keys.json` of a data folder and creates it on first use. Missing keys are added.
 * @throws Error if the file is not a JSON object of texts
 */
export async function loadKeys(dataDir: string): Promise<HostKeys> {
  const file = path.join(dataDir, 'keys.json');
  const found = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '{}';
    throw error;
  });
  const kept = parse(file, found);
  const keys: HostKeys = {
    master: kept.get('master') ?? newKey(),
    function: kept.get('function') ?? newKey(),
    durable: kept.get('durable') ?? newKey(),
    eventGrid: kept.get('eventGrid') ?? newKey(),
  };
  if (names.some((name) => !kept.has(name))) {
    await mkdir(dataDir, { recursive: true });
    const half = `${file}.${process.pid}.tmp`;
    await writeFile(half, `${JSON.stringify(keys, null, 2)}\n`, { mode: 0o600 });
    await rename(half, file);
  }
  await chmod(file, 0o600);
  return keys;
}

function parse(file: string, text: string): Map<string, string> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error(`${file} is not JSON; repair it, or delete it to get new keys`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Error(`${file} must hold an object {${names.join(', ')}}`);
  const keys = new Map<string, string>();
  for (const [name, key] of Object.entries(value)) {
    if (typeof key !== 'string' || key.length === 0) throw new Error(`${file}: ${name} must be a text`);
    keys.set(name, key);
  }
  return keys;
}

/** Compares two keys in constant time. */
export function sameKey(given: string | undefined, expected: string): boolean {
  if (given === undefined) return false;
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}
