import { errorName } from '../pullFailure.js';
import { requireEngines, withCredentials } from './auths.js';
import { ConsumerFailure, oneAtATime } from './consumer.js';
import type { Consumer, Delivery, WriteEnd } from './consumer.js';
import { heldFile } from './heldFile.js';
import { parseLedger, withDelivery } from './ledger.js';

/**
 * A docker `config.json` on this machine, for docker, podman, skopeo or a kubelet. The names of the secrets that feed
 * it are stored beside it, in `{path}.secrets`. After writing, the file is read again as the engines read it, before
 * success is reported.
 */
export function dockerConfigFile(path: string): Consumer {
  const inTurn = oneAtATime();
  const file = heldFile(path);
  const names = heldFile(`${path}.secrets`);

  async function write(delivery: Delivery): Promise<WriteEnd> {
    const before = parseLedger(await names.read());
    const ledger = withDelivery(before, delivery);
    if (!ledger) return 'left';
    const changed = withCredentials(await file.read(), delivery.credentials);
    // Write the names first: a restart updates every secret that it finds in them.
    if (ledger !== before) await names.replace(`${JSON.stringify(ledger, null, 2)}\n`);
    if (changed !== undefined) await file.replace(changed);
    requireEngines((await file.read()) ?? '', delivery.credentials);
    return changed === undefined ? 'unchanged' : 'written';
  }

  return {
    name: `docker config ${path}`,
    remembered: () =>
      inTurn(() =>
        inWords(async () => {
          await Promise.all([file.tidy(), names.tidy()]);
          return Object.keys(parseLedger(await names.read()));
        }),
      ),
    write: (delivery) => inTurn(() => inWords(() => write(delivery))),
  };
}

async function inWords<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ConsumerFailure) throw error;
    const code = errorName(error);
    throw new ConsumerFailure(code === 'ENOENT' ? `its folder does not exist (${code})` : `no file access (${code})`);
  }
}
