import { execFile } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { compiled } from '@connected-registry/clock/files/projectRoot';
import { joinedAgentEnvironment } from '../stack/environments.js';
import type { Stack } from '../stack/stack.js';
import { DeviceAgent } from './deviceAgent.js';

const issued = z.object({ enrolments: z.array(z.object({ joinToken: z.string(), expiresAt: z.string() })).length(1) });
const membership = z.looseObject({ thumbprint: z.string() });

/** Has an operator issue a join token for a client. */
export async function issueJoinToken(
  { endpoints }: Stack,
  client: string,
): Promise<{ readonly joinToken: string; readonly expiresAt: string }> {
  const { functions, edge } = endpoints;
  const answer = await fetch(`${functions.url}/api/enrolments`, {
    method: 'POST',
    headers: { 'x-functions-key': functions.key, 'content-type': 'application/json' },
    body: JSON.stringify({ connectedRegistry: edge.connectedRegistry, client }),
  });
  if (answer.status !== 201) throw new Error(`The app answered ${answer.status} to the request of a join token.`);
  const [first] = issued.parse(await answer.json()).enrolments;
  if (!first) throw new Error('The app issued no join token.');
  return first;
}

/** The agent of a device that joins. */
export class JoinedAgent extends DeviceAgent {
  readonly #environment: Record<string, string>;

  /**
   * @param folder of the device
   * @param url address by which it reaches the app
   */
  constructor(
    stack: Stack,
    folder: string,
    private readonly url: string,
  ) {
    const environment = joinedAgentEnvironment(stack.ground.places, folder);
    super(stack, folder, 'joined device', environment);
    this.#environment = environment;
  }

  /**
   * Runs `agent join`, which makes the device's keys.
   * @returns the thumbprint of its signing key
   */
  async join(token: string): Promise<string> {
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    const tokenFile = join(this.folder, 'join-token');
    await writeFile(tokenFile, token, { mode: 0o600 });
    const args = [compiled('agent/main.js'), 'join', '--token-file', tokenFile, '--url', this.url];
    await promisify(execFile)(process.execPath, args, { env: this.#environment });
    await rm(tokenFile);
    const text = await readFile(join(this.folder, 'keys', 'membership.json'), 'utf8');
    return membership.parse(JSON.parse(text)).thumbprint;
  }
}
