import { seenSecrets } from '@connected-registry/protocol/redaction/seenSecrets';
import type { AgentClock } from '../agentClock.js';
import { createClockSkew } from '../clockSkew.js';
import type { Log } from '../log.js';
import { errorName } from '../pullFailure.js';
import { readRegularFile } from '../regularFile.js';
import { BadSettings } from '../settings/badSettings.js';
import type { JoinSettings } from '../settings/join.js';
import { DeviceRequests } from './deviceRequests.js';
import { takeFolder } from './folder/folderLock.js';
import { makeJoinFolder } from './folder/joinFolder.js';
import { joinDevice } from './join.js';
import { keyFiles } from './keys/keyFiles.js';
import { nameOf } from './membership.js';

/** Maximum characters of a file with a join token. */
const LARGEST = 8_192;
/** A join token: one word. The app knows its form. */
const TOKEN = /^[\x21-\x7e]{1,2048}$/;

export interface JoinCommandPorts {
  clock: AgentClock;
  log: Log;
  /** Standard input, for the token file `-`. */
  input: AsyncIterable<unknown>;
}

/**
 * Joins, as `agent join` asks.
 * @returns registry/connectedRegistry/client
 * @throws BadSettings for a token file that cannot be used, JoinRefused, JoinFailure or JoinFolderFailure
 */
export async function join(
  { tokenFile, folder: path, timeout, ...order }: JoinSettings,
  { clock, log, input }: JoinCommandPorts,
): Promise<string> {
  const token = await readToken(tokenFile, input);
  const folder = await makeJoinFolder(path);
  const lock = await takeFolder(path);
  try {
    await folder.tidy();
    const requests = new DeviceRequests({ url: order.url, timeout, clock, skew: createClockSkew(clock, log) });
    const ports = { folder, keys: keyFiles(folder), requests, clock, log };
    return nameOf(await joinDevice({ ...order, token }, ports, new AbortController().signal));
  } finally {
    await lock.release();
  }
}

async function readToken(file: string, input: AsyncIterable<unknown>): Promise<string> {
  let text;
  try {
    text = file === '-' ? await readInput(input) : await readRegularFile(file);
  } catch (error) {
    throw new BadSettings(`--token-file: cannot be read (${errorName(error)})`);
  }
  const token = text.trim();
  if (text.length > LARGEST || !TOKEN.test(token)) throw new BadSettings('--token-file: does not hold a join token');
  seenSecrets.keep(token);
  return token;
}

async function readInput(input: AsyncIterable<unknown>): Promise<string> {
  let text = '';
  for await (const piece of input) {
    text += String(piece);
    if (text.length > LARGEST) break;
  }
  return text;
}
