import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { hubAgentEnvironment } from '../stack/environments.js';
import { channelEnvironment } from '../stack/localDevice.js';
import type { Stack } from '../stack/stack.js';
import type { World } from '../stack/world.js';
import { DeviceAgent } from './deviceAgent.js';

const state = z.looseObject({ thumbprint: z.string() });

/**
 * A profile by which a device of the hub gets everything sealed to the keys that it reports in its twin.
 * @param device its id
 */
export function sealedProfile(
  { iotHub, connectedRegistry }: Pick<World, 'iotHub' | 'connectedRegistry'>,
  device: string,
  repositories: readonly string[],
) {
  const match = { hub: iotHub.name, device };
  return { name: 'hub-devices', match, connectedRegistry, repositories, channel: { kind: 'iotHub', sealed: true } };
}

/** The agent of a device of the hub, which has keys of its own. */
export class HubAgent extends DeviceAgent {
  /**
   * @param device its id at the hub, where it is made if it is missing
   * @param folder of the device
   * @param url address by which it reaches the app
   */
  static async create(stack: Stack, device: string, folder: string, url: string): Promise<HubAgent> {
    const { world, operator } = stack.controlPlane;
    const channel = await channelEnvironment({ channel: { kind: 'iotHub', deviceId: device } }, world, operator);
    return new HubAgent(stack, folder, 'device of hub', {
      ...hubAgentEnvironment(stack.ground.places, folder),
      ...channel,
      REPORT_URL: url,
    });
  }

  /** The thumbprint of the signing key that it has made. */
  async thumbprint(): Promise<string> {
    const text = await readFile(join(this.folder, 'keys', 'hub.json'), 'utf8');
    return state.parse(JSON.parse(text)).thumbprint;
  }
}
