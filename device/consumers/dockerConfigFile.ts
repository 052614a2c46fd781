import { randomBytes } from 'node:crypto';
import { chmod, open, readFile, realpath, rename, rm, stat } from 'node:fs/promises';
import { errorName } from '../pullFailure.js';
import { withCredentials } from './auths.js';
import { ConsumerFailure, oneAtATime } from './consumer.js';
import type { Consumer, Delivery, WriteEnd } from './consumer.js';
import { parseLedger, withDelivery } from './ledger.js';

/** For its owner's eyes only. */
const MODE = 0o600;

/**
 * A docker `config.json` on this machine, for docker, podman, skopeo or a kubelet. The names of the secrets that feed it stand
 * beside it, in `{path}.secrets`. It is replaced as a whole, so that a reader finds the old or the new one.
 */
export function dockerConfigFile(path: string): Consumer {
  const inTurn = oneAtATime();
  const ledgerPath = `${path}.secrets`;

  async function write(delivery: Delivery): Promise<WriteEnd> {
    const before = parseLedger(await readText(ledgerPath));
    const ledger = withDelivery(before, delivery);
    if (!ledger) return 'left';
    const text = await readText(path);
    const changed = withCredentials(text, delivery.credentials);
    // The names first: what a restart finds in them it brings up to date.
    if (ledger !== before) await replace(ledgerPath, `${JSON.stringify(ledger, null, 2)}\n`);
    if (changed !== undefined) await replace(path, changed);
    else if (((await stat(path)).mode & 0o777) !== MODE) await chmod(path, MODE);
    return changed === undefined ? 'unchanged' : 'written';
  }

  return {
    name: `docker config ${path}`,
    remembered: () => inTurn(async () => Object.keys(parseLedger(await readText(ledgerPath)))),
    write: (delivery) =>
      inTurn(async () => {
        try {
          return await write(delivery);
        } catch (error) {
          throw error instanceof ConsumerFailure ? error : new ConsumerFailure(`no file access (${errorName(error)})`);
        }
      }),
  };
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (errorName(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Writes beside the file and puts it in its place; of a symbolic link the target is replaced. */
async function replace(path: string, text: string): Promise<void> {
  const target = await realpath(path).catch(() => path);
  const beside = `${target}.${randomBytes(6).toString('hex')}.new`;
  try {
    const file = await open(beside, 'wx', MODE);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(beside, target);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
}
