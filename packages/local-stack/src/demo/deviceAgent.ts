import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { compiled } from '@connected-registry/clock/files/projectRoot';
import type { Stack } from '../stack/stack.js';
import { SupervisedProcess } from '../stack/supervisedProcess.js';

/** Milliseconds in which a promoted credential reaches the device's file. */
const DELIVERED_WITHIN = 20_000;

/** The agent of a device, as a device runs it: in a process of its own, without an identity in Entra. */
export class DeviceAgent {
  readonly #process: SupervisedProcess;

  /**
   * @param folder of the device
   * @param environment all variables of the agent
   */
  constructor(
    { ground }: Pick<Stack, 'ground'>,
    readonly folder: string,
    name: string,
    environment: Readonly<Record<string, string>>,
  ) {
    const plan = {
      name,
      script: compiled('agent/main.js'),
      args: [],
      env: { PATH: process.env['PATH'], ...environment },
      ready: /^DEVICE READY (\S+)$/,
      logFile: join(ground.dataFolder, `${name.replaceAll(' ', '-')}.log`),
    };
    this.#process = new SupervisedProcess(plan, { restarting: () => undefined, gaveUp: () => undefined });
  }

  /** The docker configuration that the agent keeps. */
  get configFile(): string {
    return join(this.folder, 'config.json');
  }

  /** Starts the agent. */
  async start(): Promise<void> {
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    await this.#process.start();
  }

  /** Waits for the device's credential in its docker configuration. */
  async delivered(): Promise<void> {
    const deadline = Date.now() + DELIVERED_WITHIN;
    for (;;) {
      const text = await readFile(this.configFile, 'utf8').catch(() => '');
      if (text.includes('"auth"')) return;
      if (Date.now() > deadline) throw new Error(`${this.configFile} has no credential.`);
      await sleep(50);
    }
  }

  stop(): Promise<void> {
    return this.#process.stop();
  }
}
