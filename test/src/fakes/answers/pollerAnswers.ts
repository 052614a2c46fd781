import { clientKey } from '@connected-registry/protocol/names/clientKey';
import { MAX_POLLED } from '../../../../src/domain/polling/pollerIndex.js';
import { operatorRoute } from '../../../../src/triggers/http/operatorRoute.js';
import { deletePoller, putPoller } from '../../../../src/triggers/http/routes/pollers.js';
import { whileTimePasses } from '../advance.js';
import { addFleet, referenceOf } from '../clients/onboardedFleet.js';
import { httpRequest, invocation, seen } from '../durable/durableClient.js';
import { RecordingEngine } from '../enrolment/enrolmentWorld.js';
import { createWorld, type World } from '../worlds/world.js';
import type { SeenAnswer } from './apiDocument.js';

type Note = (route: string, name: string, answer: SeenAnswer) => void;

export const GATEWAY = '6f1c2a34-0000-4000-8000-00000000000a';
export const OTHER_GATEWAY = '6f1c2a34-0000-4000-8000-00000000000b';

/** The routes that change a poller, over three clients that were onboarded and an engine whose records are real. */
export class PollerWorld {
  readonly engine = new RecordingEngine();
  readonly key = clientKey(referenceOf(0));

  private constructor(readonly world: World) {}

  static async create(): Promise<PollerWorld> {
    const world = createWorld();
    await addFleet(world, 3);
    return new PollerWorld(world);
  }

  put(body: unknown = { poller: GATEWAY }, key = this.key): Promise<SeenAnswer> {
    return this.ask(putPoller(this.world.config, this.world.queries), { body, params: { key } });
  }

  remove(key = this.key): Promise<SeenAnswer> {
    return this.ask(deletePoller, { params: { key } });
  }

  get current(): string | undefined {
    return this.engine.record(this.key).polling?.current?.objectId;
  }

  /** The index lists as many other clients for the identity as it may. */
  fill(objectId: string): void {
    const clients = Array.from({ length: MAX_POLLED }, (_, nth) => ({
      client: { ...referenceOf(0), client: `other-${nth}` },
      since: new Date().toISOString(),
    }));
    this.engine.entities.set(`@poller@${objectId}`, { clients, removed: [] });
  }

  private async ask(
    handler: Parameters<typeof operatorRoute>[1],
    parts: Parameters<typeof httpRequest>[0],
  ): Promise<SeenAnswer> {
    const route = operatorRoute({ kind: 'functionKey' }, handler);
    return seen(await whileTimePasses(route.handler(httpRequest(parts), this.engine.client, invocation().context)));
  }
}

/** Every answer of the routes that change a poller. */
export async function givePollers(note: Note): Promise<void> {
  const [put, remove] = ['PUT clients/{key}/poller', 'DELETE clients/{key}/poller'];
  const it = await PollerWorld.create();
  note(put, 'no JSON', await it.put('{'));
  note(put, 'a faulty id', await it.put({ poller: 'gateway' }));
  note(put, 'too many bytes', await it.put({ poller: 'x'.repeat(2000) }));
  note(put, 'no client', await it.put(undefined, 'nothing'));
  note(put, 'no key', await it.put(undefined, 'No key'));
  note(remove, 'no key', await it.remove('No key'));
  note(remove, 'no poller', await it.remove());
  note(put, 'a poller', await it.put());
  it.fill(OTHER_GATEWAY);
  note(put, 'a poller without a place', await it.put({ poller: OTHER_GATEWAY }));
  for (const kind of ['throttled', 'forbidden'] as const) {
    it.world.wire.fail('newest', { when: 'before', kind });
    note(put, kind, await it.put());
  }
  it.engine.fate = 'lost';
  note(put, 'a silent engine', await it.put({ poller: '6f1c2a34-0000-4000-8000-00000000000c' }));
  note(remove, 'a silent engine', await it.remove());
  it.engine.fate = 'done';
  await it.remove();
  it.engine.onRead = () => {
    throw new TypeError('broken');
  };
  note(put, 'a broken engine', await it.put());
  note(remove, 'a broken engine', await it.remove());
}
