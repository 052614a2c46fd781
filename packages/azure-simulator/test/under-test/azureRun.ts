import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { World } from '../../src/world.js';
import { PlaneCaller } from '@connected-registry/local-stack/bench/azure/planeCaller';
import { AzureProcess } from './azureProcess.js';

/** A caller of the simulator's process, which it starts and kills. */
export class AzureRun extends PlaneCaller {
  private constructor(
    readonly process: AzureProcess,
    url: string,
    override readonly world: World,
    ca: string,
  ) {
    super(url, world, ca, 8);
  }

  static async start(data: string, clockUrl?: string): Promise<AzureRun> {
    const main = new AzureProcess(['--port', '0', '--data', data, '--quiet', '--throttling', '0'], clockUrl);
    const url = await main.ready();
    const world = JSON.parse(await readFile(join(data, 'world.json'), 'utf8')) as World;
    return new AzureRun(main, url, world, await readFile(join(data, 'tls', 'ca.pem'), 'utf8'));
  }

  async kill(): Promise<void> {
    this.process.kill('SIGKILL');
    await this.process.ended;
    this.end();
  }
}
