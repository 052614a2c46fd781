import { z } from 'zod';
import { joinedAnswer, KEY_PROOF_HEADER, type JoinedAnswer } from '@connected-registry/protocol/enrolment/messages';
import { signingDevice, type SigningDevice } from '../../shared/signingDevice.js';
import type { TestStack } from '../harness/testStack.js';

/** What a request was answered, without the body of a success, which has the pass. */
interface Answered {
  readonly status: number;
  readonly code: string | undefined;
  readonly joined: JoinedAnswer | undefined;
}

const issued = z.object({ enrolments: z.array(z.object({ joinToken: z.string() })) });
const withCode = z.object({ code: z.string() });

/** Takes the place of devices that join, and of the operator who lets them. */
export class Joiner {
  readonly #it: TestStack;

  constructor(it: TestStack) {
    this.#it = it;
  }

  /** The client's name in requests. */
  named(client: string) {
    return { connectedRegistry: this.#it.stack.endpoints.edge.connectedRegistry, client };
  }

  /** Has an operator issue a join token. */
  async token(client: string, limits: object = {}): Promise<string> {
    const answer = await this.#it.app.post({ ...this.named(client), ...limits }, 'enrolments');
    if (answer.status !== 201) throw new Error(`Expected 201, got ${answer.status}: ${answer.text}`);
    const [first] = issued.parse(answer.body).enrolments;
    if (!first) throw new Error('There is a token.');
    return first.joinToken;
  }

  /** @returns undefined if no answer came, as when the host is killed */
  async redeem(device: SigningDevice, token: string, address = '198.51.100.7'): Promise<Answered | undefined> {
    return this.#send('/api/enrolments/redeem', device, token, { 'x-forwarded-for': address });
  }

  async renew(device: SigningDevice, next: SigningDevice, pass: string): Promise<Answered | undefined> {
    const parts = { method: 'POST', path: '/api/devices/keys', body: JSON.stringify(next.keys) };
    const proof = await next.sign(parts, pass, new Date());
    return this.#send(parts.path, device, pass, { [KEY_PROOF_HEADER]: proof }, parts.body);
  }

  async #send(
    path: string,
    device: SigningDevice,
    pass: string,
    headers: Readonly<Record<string, string>>,
    body = JSON.stringify(device.keys),
  ): Promise<Answered | undefined> {
    const authorization = await device.sign({ method: 'POST', path, body }, pass, new Date());
    const init = { method: 'POST', headers: { ...headers, authorization, 'content-type': 'application/json' }, body };
    const text = await fetch(`${this.#it.stack.endpoints.functions.url}${path}`, init).then(
      async (answer) => ({ status: answer.status, text: await answer.text() }),
      () => undefined,
    );
    if (!text || text.text === '') return undefined;
    const json: unknown = JSON.parse(text.text);
    return {
      status: text.status,
      code: withCode.safeParse(json).data?.code,
      joined: joinedAnswer.safeParse(json).data,
    };
  }
}

/** Makes devices with keys of both kinds. */
export function devices(count: number): Promise<SigningDevice[]> {
  return Promise.all(Array.from({ length: count }, (_, nth) => signingDevice(nth % 2 === 0 ? 'EdDSA' : 'ES256')));
}
