import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CompactSign, importJWK, type JWK } from 'jose';
import { z } from 'zod';
import { signatureAlgorithm, signingKey } from '@connected-registry/protocol/enrolment/deviceKeys';
import { DEVICE_MESSAGES_PATH } from '@connected-registry/protocol/enrolment/messages';
import { signRequest, type RequestSigner } from '@connected-registry/protocol/enrolment/signedRequests';
import { startChild, type Child } from '../../../shared/childProcess.js';
import type { TestStack } from '../../harness/testStack.js';
import { joinedAgent } from '../joinedAgent.js';

const KILLER = new URL('../../../../packages/agent/test/under-test/killAfter.mjs', import.meta.url).href;

/** Variables that have a program killed before a step (killAfter.mjs); none without a step. */
export function killing(killAt?: number): Record<string, string> {
  return killAt === undefined ? {} : { NODE_OPTIONS: `--import=${KILLER}`, KILL_AT: String(killAt) };
}

const membership = z.looseObject({ thumbprint: z.string(), pass: z.string(), renewal: z.unknown().optional() });

/** The disks of a test's devices, and the agents that run on them. */
export class Disks {
  readonly #above = mkdtempSync(join(tmpdir(), 'killed-agents-'));
  readonly #children: Child[] = [];

  constructor(private readonly it: TestStack) {}

  create(): Disk {
    return new Disk(this.it, mkdtempSync(join(this.#above, 'disk-')), (child) => this.#children.push(child));
  }

  async close(): Promise<void> {
    await Promise.all(this.#children.map((child) => child.end('SIGKILL')));
    rmSync(this.#above, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** A device's disk, and the agent that runs on it. */
export class Disk {
  readonly folder: string;
  /** What the engine beside the agent logs in with. */
  readonly engineFile: string;

  constructor(
    private readonly it: TestStack,
    private readonly place: string,
    private readonly started: (child: Child) => void,
  ) {
    this.folder = join(place, 'keys');
    this.engineFile = join(place, 'config.json');
  }

  /** Has the same command said with another token. */
  async joins(token: string, more: readonly string[] = [], killAt?: number): Promise<number | null> {
    const file = join(this.place, 'token');
    writeFileSync(file, token);
    const { url } = this.it.stack.endpoints.functions;
    return this.#run(['join', '--token-file', file, '--url', url, ...more], {}, killAt).exit;
  }

  /** Starts an agent that asks for messages, and holds its requests open. */
  start(killAt?: number): Child {
    return this.#run([], joinedAgent(this.it, this.engineFile), killAt);
  }

  /** Starts an agent that asks for messages without a pause, so that it soon does what comes between two requests. */
  startHurried(killAt?: number): Child {
    const env = { ...joinedAgent(this.it, this.engineFile), POLL_WAIT_SECONDS: '0', POLL_INTERVAL_SECONDS: '0.2' };
    return this.#run([], env, killAt);
  }

  /** Asks for messages with what is on the disk. @returns the answer's status */
  async asks(): Promise<number> {
    const { thumbprint, pass } = this.membership();
    const file = JSON.parse(readFileSync(join(this.folder, `keys-${thumbprint}.json`), 'utf8')) as { signing: JWK };
    const { d: _secret, ...rest } = file.signing;
    const publicKey = signingKey.parse(rest);
    const key = await importJWK(file.signing, signatureAlgorithm(publicKey));
    const signer: RequestSigner = {
      publicKey,
      sign: (header, payload) => new CompactSign(payload).setProtectedHeader({ ...header }).sign(key),
    };
    const path = `${DEVICE_MESSAGES_PATH}?wait=0`;
    const authorization = await signRequest({ method: 'GET', path, body: '' }, pass, signer, new Date());
    const { status } = await fetch(`${this.it.stack.endpoints.functions.url}${path}`, { headers: { authorization } });
    return status;
  }

  membership(): z.infer<typeof membership> {
    return membership.parse(JSON.parse(readFileSync(join(this.folder, 'membership.json'), 'utf8')));
  }

  /** Has the device believe that its keys are old. */
  age(): void {
    const old = { ...this.membership(), keysSince: '2020-01-01T00:00:00Z' };
    writeFileSync(join(this.folder, 'membership.json'), JSON.stringify(old), { mode: 0o600 });
  }

  /** Keys and memberships, halves of them included. */
  files(): string[] {
    return readdirSync(this.folder).filter((name) => name.endsWith('.json') || name.endsWith('.new'));
  }

  #run(args: string[], env: Record<string, string>, killAt?: number): Child {
    const child = startChild('agent/main.js', args, { JOIN_FOLDER: this.folder, ...env, ...killing(killAt) });
    this.started(child);
    return child;
  }
}

/** An agent as a supervisor runs it: once it was killed, it is started again, and not killed any more. */
export class KeptAgent {
  #isKilled = false;
  #isOver = false;
  #last: Child;
  readonly #first: Promise<void>;

  /** @param start starts an agent that is killed before a step, or one that is not killed */
  constructor(start: (killAt?: number) => Child, killAt: number) {
    const first = start(killAt);
    this.#last = first;
    this.#first = first.exit.then((code) => {
      this.#isKilled = code === null;
      if (this.#isKilled && !this.#isOver) this.#last = start();
    });
  }

  /** What the agent that runs now has said. */
  log(): string {
    return this.#last.stderr();
  }

  /** Ends it. @returns whether it was killed before */
  async end(): Promise<boolean> {
    this.#isOver = true;
    await this.#last.end();
    await this.#first;
    return this.#isKilled;
  }
}
