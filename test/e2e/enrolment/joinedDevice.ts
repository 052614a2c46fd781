import { z } from 'zod';
import { sealedDeviceMessages } from '@connected-registry/protocol/answers/answers';
import {
  DEVICE_MESSAGES_PATH,
  DEVICE_SECRETS_PATH,
  sealedSecret,
  type Admission,
  type SealedSecret,
} from '@connected-registry/protocol/enrolment/messages';
import { authorizeReport, type ReportCredential } from '@connected-registry/protocol/messages/reportMac';
import { openedAnswer } from '../../shared/openedAnswers.js';
import type { SigningDevice } from '../../shared/signingDevice.js';
import type { Login } from '../harness/operatorSdk.js';
import { isThere, until } from '../../shared/until.js';
import type { TestStack } from '../harness/testStack.js';

const withCode = z.object({ code: z.string() });
const dockerConfig = z.object({ auths: z.record(z.string(), z.object({ auth: z.string() })) });
type Message = z.infer<typeof sealedDeviceMessages>['messages'][number];

/** An answer of the app to a device. */
interface DeviceAnswer {
  readonly status: number;
  readonly code: string | undefined;
  readonly body: unknown;
  /** The signature of the request. */
  readonly authorization: string;
}

/** Takes the place of an agent that has joined: it has its keys and its pass, and nothing of Azure. */
export class JoinedDevice {
  readonly #url: string;

  constructor(
    { stack }: TestStack,
    private readonly device: SigningDevice,
    private readonly admission: Admission,
  ) {
    this.#url = stack.endpoints.functions.url;
  }

  /** Signs a request now. */
  sign(path: string): Promise<string> {
    return this.device.sign({ method: 'GET', path }, this.admission.pass, new Date());
  }

  /** Sends a signed request. @param given the signature; by default a new one */
  async get(path: string, given?: string): Promise<DeviceAnswer> {
    const authorization = given ?? (await this.sign(path));
    const headers = { authorization };
    const answer = await fetch(`${this.#url}${path}`, { headers });
    const text = await answer.text();
    const body: unknown = text === '' ? undefined : JSON.parse(text);
    return { status: answer.status, code: withCode.safeParse(body).data?.code, body, authorization };
  }

  /** Asks for messages until there is one of this type. */
  message(type: Message['type']): Promise<Message> {
    // Each request waits at the app.
    return until(() => this.#look(type), isThere, `a message ${type} has come`, { pause: 0 });
  }

  /** Asks once for messages. */
  async #look(type: Message['type']): Promise<Message | undefined> {
    const answer = await this.get(`${DEVICE_MESSAGES_PATH}?wait=25`);
    const { status, body } = answer;
    if (status === 204) return undefined;
    if (status !== 200) throw new Error(`Expected messages, got ${status}: ${JSON.stringify(body)}`);
    const opened = await this.#open(answer, 'messages');
    return sealedDeviceMessages.parse(opened).messages.find((one) => one.type === type);
  }

  /** Reads a version of one of its secrets, and opens it. */
  async secret({ name, version }: { readonly name: string; readonly version: string }): Promise<SealedSecret> {
    const answer = await this.get(`${DEVICE_SECRETS_PATH}?name=${name}&version=${version}`);
    const { status, body } = answer;
    if (status !== 200) throw new Error(`Expected a secret, got ${status}: ${JSON.stringify(body)}`);
    return sealedSecret.parse(await this.#open(answer, 'secret'));
  }

  /** Opens an answer as the agent does. */
  #open({ body, authorization }: DeviceAnswer, kind: 'messages' | 'secret'): Promise<unknown> {
    const { channelKey } = this.admission;
    return openedAnswer(body, kind, authorization, { device: this.device, channelKey });
  }

  /** Sends a report or an acknowledgement, and proves the key of the message that it answers. */
  async answer(path: string, key: ReportCredential, content: object): Promise<number> {
    const body = JSON.stringify(content);
    const { status } = await this.send(path, authorizeReport(key, { path, body }), body);
    return status;
  }

  /** Sends what is given. @returns the answer's status, and its code if it is a problem */
  async send(path: string, authorization: string, body: string) {
    const headers = { authorization, 'content-type': 'application/json' };
    const answer = await fetch(`${this.#url}${path}`, { method: 'POST', headers, body });
    return { status: answer.status, code: withCode.safeParse(await answer.json()).data?.code };
  }
}

/** The login in a docker `config.json`. */
export function loginIn(value: string): Login {
  const [[host, { auth }] = ['', { auth: '' }]] = Object.entries(dockerConfig.parse(JSON.parse(value)).auths);
  const [user = '', password = ''] = Buffer.from(auth, 'base64').toString('utf8').split(':');
  return { host, user, password };
}
