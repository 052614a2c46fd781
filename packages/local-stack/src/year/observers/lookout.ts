import type { Answer } from '@connected-registry/azure-simulator/http/listener';
import type { ApiRequest } from '@connected-registry/azure-simulator/http/message';
import type { Device } from '../devices.js';
import { namesOf, type CredentialWatch } from './credentialWatch.js';
import type { PullBook } from './pullBook.js';
import type { RotationBook } from './rotationBook.js';
import type { Verdict } from './verdict.js';

export interface Books {
  readonly watch: CredentialWatch;
  readonly rotations: RotationBook;
  readonly pulls: PullBook;
  readonly verdict: Verdict;
  readonly now: () => number;
}

const REGISTRY_WRITE = /\/providers\/Microsoft\.ContainerRegistry\//i;

/**
 * Observes the app's requests to Azure. Every change for a client is a step: the client pulls before and after it, with
 * the credential that its agent last wrote, and the change is recorded.
 */
export class Lookout {
  #devices: readonly { device: Device; token: string; secret: string }[] = [];

  constructor(private readonly books: Books) {}

  /** Checks every step from now on. */
  open(registry: string, devices: readonly Device[]): void {
    this.#devices = devices.map((device) => ({ device, ...namesOf(registry, device.client) }));
    for (const device of devices) this.#take(device);
  }

  readonly around = async (request: ApiRequest, answer: Answer): ReturnType<Answer> => {
    const concerned = isStep(request) ? this.#concernedBy(request) : [];
    if (concerned.length === 0) return answer(request);
    const step = describe(request);
    await this.#pull(concerned, `before ${step}`);
    const reply = await answer(request);
    for (const device of concerned) {
      this.books.verdict.note(device.client.name, `${step}: ${reply === 'drop' ? 'dropped' : reply.status}`);
      this.#take(device);
      if (REGISTRY_WRITE.test(request.path)) this.books.rotations.write(device.client);
    }
    await this.#pull(concerned, `after ${step}`);
    return reply;
  };

  /** Between two moments: clients in the middle of a rotation pull again, because the edge may have synced. */
  async betweenMoments(): Promise<void> {
    const underWay = this.#devices.filter(({ device }) => this.books.rotations.isUnderWay(device.client));
    await this.#pull(
      underWay.map(({ device }) => device),
      'while its rotation is under way',
    );
  }

  #concernedBy(request: ApiRequest): Device[] {
    const text = `${request.path} ${request.body.toString('utf8')}`;
    return this.#devices
      .filter(({ token, secret }) => text.includes(token) || text.includes(secret))
      .map(({ device }) => device);
  }

  #take(device: Device): void {
    const { watch, rotations, now } = this.books;
    for (const change of watch.look(device.client)) rotations.take(device.client, change, now());
  }

  async #pull(devices: readonly Device[], when: string): Promise<void> {
    await Promise.all(devices.map((device) => this.books.pulls.pull(device, 'atSteps', when)));
  }
}

/** Whether a request may change something for a client. */
function isStep({ method, path }: ApiRequest): boolean {
  if (method === 'GET' || /^\/(_control|gateway)\//.test(path)) return false;
  return REGISTRY_WRITE.test(path) || path.startsWith('/secrets/') || path.startsWith('/topics/');
}

/** Without anything that may be secret. */
function describe({ method, path, body }: ApiRequest): string {
  const [, type = ''] = /"type":"([\w.]+)"/.exec(path.startsWith('/topics/') ? body.toString('utf8') : '') ?? [];
  return [method, path.split('/').slice(-2).join('/'), type].filter(Boolean).join(' ');
}
