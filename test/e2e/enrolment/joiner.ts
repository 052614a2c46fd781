import { z } from 'zod';
import {
  joinedAnswer,
  KEY_PROOF_HEADER,
  type Admission,
  type JoinedAnswer,
} from '@connected-registry/protocol/enrolment/messages';
import { openedAnswer, openedJoin } from '../../shared/openedAnswers.js';
import { signingDevice, type SigningDevice } from '../../shared/signingDevice.js';
import type { TestStack } from '../harness/testStack.js';

/** What a request was answered, and what a success says, opened as the device does. */
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
    const headers = { 'x-forwarded-for': address };
    return this.#send('/api/enrolments/redeem', device, token, headers, device.keys, (sealed, authorization) =>
      openedJoin(sealed, authorization, token),
    );
  }

  async renew(
    device: SigningDevice,
    next: SigningDevice,
    { pass, channelKey }: Admission,
  ): Promise<Answered | undefined> {
    const parts = { method: 'POST', path: '/api/devices/keys', body: JSON.stringify(next.keys) };
    const proof = await next.sign(parts, pass, new Date());
    const headers = { [KEY_PROOF_HEADER]: proof };
    return this.#send(parts.path, device, pass, headers, next.keys, async (sealed, authorization) =>
      joinedAnswer.parse(await openedAnswer(sealed, 'keys', authorization, { device: next, channelKey })),
    );
  }

  async #send(
    path: string,
    device: SigningDevice,
    pass: string,
    headers: Readonly<Record<string, string>>,
    keys: SigningDevice['keys'],
    opened: (sealed: unknown, authorization: string) => Promise<JoinedAnswer>,
  ): Promise<Answered | undefined> {
    const body = JSON.stringify(keys);
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
      joined: text.status === 200 ? await opened(json, authorization) : undefined,
    };
  }
}

/** Makes devices with keys of both kinds. */
export function devices(count: number): Promise<SigningDevice[]> {
  return Promise.all(Array.from({ length: count }, (_, nth) => signingDevice(nth % 2 === 0 ? 'EdDSA' : 'ES256')));
}
