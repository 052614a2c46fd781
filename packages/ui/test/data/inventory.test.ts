import type { InventoryPage } from '@connected-registry/protocol/answers/fleetAnswers';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Answer, Parameters } from '../../src/data/api.js';
import { FaultError } from '../../src/data/fault.js';
import { InventoryReader, type Inventory } from '../../src/data/inventory.js';
import { Polled } from '../../src/data/polled.js';
import { ManualWorld } from '../fakes/manualWorld.js';
import { ROW } from '../fakes/samples.js';

/** An app with three pages, whose second may change. */
class PagedApp {
  readonly asked: (readonly [Parameters['continuation'], string | undefined])[] = [];
  version = 1;
  isAway = false;
  /** Happens before each answer. */
  meets: () => Promise<void> | void = () => undefined;

  readonly read = async (
    _: string,
    { continuation }: Parameters = {},
    { etag }: { etag?: string | undefined } = {},
  ) => {
    this.asked.push([continuation, etag]);
    await this.meets();
    if (this.isAway) throw new FaultError({ kind: 'unreachable' });
    const number = Number(continuation ?? 1);
    const tag = `W/"${number}-${number === 2 ? this.version : 1}"`;
    if (etag === tag) return { kind: 'notModified', ageSeconds: 4 } satisfies Answer<never>;
    const page: InventoryPage = {
      asOf: ROW.issuedAt,
      total: 3,
      clients: [{ ...ROW, client: `sensor-${number}`, key: tag }],
      ...(number < 3 ? { continuation: String(number + 1) } : {}),
    };
    return { kind: 'value', value: page as never, etag: tag, ageSeconds: number } satisfies Answer<never>;
  };
}

let world: ManualWorld;
beforeEach(() => {
  world = new ManualWorld();
});

async function clientsOf(reader: InventoryReader): Promise<string[]> {
  const answer = await reader.read();
  return answer.kind === 'value' ? answer.value.map(({ client, key }) => `${client} ${key}`) : [];
}

test('all pages are read, and are as old as the oldest', async () => {
  const app = new PagedApp();
  const answer = await new InventoryReader(app, world).read();
  expect(answer).toMatchObject({ kind: 'value', ageSeconds: 3 });
  expect(app.asked.map(([continuation]) => continuation)).toEqual([undefined, '2', '3']);
});

test('pages that have not changed are not sent again', async () => {
  const app = new PagedApp();
  const reader = new InventoryReader(app, world);
  await clientsOf(reader);
  app.version = 2;
  expect(await clientsOf(reader)).toEqual(['sensor-1 W/"1-1"', 'sensor-2 W/"2-2"', 'sensor-3 W/"3-1"']);
  expect(app.asked.slice(3)).toEqual([
    [undefined, 'W/"1-1"'],
    ['2', 'W/"2-1"'],
    ['3', 'W/"3-1"'],
  ]);
});

test('what was read before a fault is used after it', async () => {
  const app = new PagedApp();
  const reader = new InventoryReader(app, world);
  await clientsOf(reader);
  app.isAway = true;
  await expect(reader.read()).rejects.toThrow(FaultError);
  app.isAway = false;
  expect(await clientsOf(reader)).toHaveLength(3);
  expect(app.asked.at(-1)).toEqual(['3', 'W/"3-1"']);
});

test('the next operator gets nothing of the one before', async () => {
  const app = new PagedApp();
  const reader = new InventoryReader(app, world);
  await clientsOf(reader);
  reader.clear();
  await clientsOf(reader);
  expect(app.asked.slice(3).map(([, etag]) => etag)).toEqual([undefined, undefined, undefined]);
});

test('an app whose pages never end does not keep the page reading forever', async () => {
  let count = 0;
  const endless = {
    read: async () => {
      count += 1;
      const page: InventoryPage = { asOf: ROW.issuedAt, total: 1, clients: [], continuation: String(count) };
      return { kind: 'value', value: page as never } satisfies Answer<never>;
    },
  };
  await new InventoryReader(endless, world).read();
  expect(count).toBe(100);
});

test.each([[['1', '1']], [['1', '2', '1']]])('pages that lead in a circle are no inventory: %j', async (places) => {
  let count = 0;
  const circle = {
    read: async () => {
      const page: InventoryPage = {
        asOf: ROW.issuedAt,
        total: 1,
        clients: [ROW],
        continuation: places[count % places.length] ?? '',
      };
      count += 1;
      if (count > 10) throw new Error('asked without end');
      return { kind: 'value', value: page as never } satisfies Answer<never>;
    },
  };
  await expect(new InventoryReader(circle, world).read()).rejects.toThrow(FaultError);
  expect(count).toBe(places.length);
});

/** ETags of the pages, as the overview names them, if the second page has this version. */
const tags = (second: number) => ['W/"1-1"', `W/"2-${second}"`, 'W/"3-1"'];

describe('a reading that the overview starts', () => {
  const anyChange = { refreshFor: () => true };

  /** The overview names these pages now; they were read 30 seconds ago. */
  const follow = (reader: InventoryReader, inventoryPages: readonly string[] | undefined) =>
    reader.follow(anyChange, {
      value: { inventory: 'mark', ...(inventoryPages === undefined ? {} : { inventoryPages }) },
      readAt: world.now() - 30_000,
      answeredAt: world.now(),
    });

  test('asks only for the pages that have changed, and is as old as the overview at least', async () => {
    const app = new PagedApp();
    const reader = new InventoryReader(app, world);
    await clientsOf(reader);
    app.version = 2;
    follow(reader, tags(2));
    const answer = await reader.read();
    expect(app.asked.slice(3)).toEqual([['2', 'W/"2-1"']]);
    expect(answer).toMatchObject({ kind: 'value', ageSeconds: 30 });
    expect(answer.kind === 'value' && answer.value.map(({ key }) => key)).toEqual(tags(2));
  });

  test.each([
    ['nothing has been read yet', false, tags(1), [undefined, '2', '3']],
    ['there are fewer of them', true, tags(1).slice(0, 1), ['2', '3']],
    ['they are others', true, ['a', 'b', 'c'], [undefined, '2', '3']],
    ['there are none', true, [], [undefined, '2', '3']],
    ['they stand in another order', true, tags(1).toReversed(), [undefined, '3']],
    ['an instance of an older version answers, which names none', true, undefined, [undefined, '2', '3']],
  ])('asks for what is not known from the pages it names: %s', async (_, wasRead, inventoryPages, asked) => {
    const app = new PagedApp();
    const reader = new InventoryReader(app, world);
    if (wasRead) await clientsOf(reader);
    const before = app.asked.length;
    follow(reader, inventoryPages);
    expect(await clientsOf(reader)).toHaveLength(3);
    expect(app.asked.slice(before).map(([continuation]) => continuation)).toEqual(asked);
  });

  test('is the only one that leaves pages out: neither the next nor one for another operator does', async () => {
    const app = new PagedApp();
    const reader = new InventoryReader(app, world);
    await clientsOf(reader);
    follow(reader, tags(1));
    await clientsOf(reader);
    expect(app.asked).toHaveLength(3);
    await clientsOf(reader);
    expect(app.asked).toHaveLength(6);
    follow(reader, tags(1));
    reader.clear();
    await clientsOf(reader);
    expect(app.asked).toHaveLength(9);
  });
});

describe('an inventory that follows the overview', () => {
  const AT_LATEST = 600_000;
  let app: PagedApp;
  let reader: InventoryReader;
  let polled: Polled<Inventory>;
  beforeEach(() => {
    app = new PagedApp();
    reader = new InventoryReader(app, world);
    polled = new Polled(world, AT_LATEST, reader.read);
  });

  /**
   * The app answers the overview now, with a snapshot of so many seconds ago. Nothing has changed if the second page
   * has version 1.
   */
  const overviewSays = (second: number, { ageSeconds = 0, answeredAt = world.now() } = {}) =>
    reader.follow(polled, {
      value: { inventory: `version ${second}`, inventoryPages: tags(second) },
      readAt: answeredAt - ageSeconds * 1000,
      answeredAt,
    });
  const askedNow = async (milliseconds = 0) => {
    const before = app.asked.length;
    await world.pass(milliseconds);
    return app.asked.slice(before).map(([continuation]) => continuation);
  };
  /** Opens the view for the first time. */
  const open = async () => {
    const leave = polled.watch();
    overviewSays(1);
    await world.pass(0);
    return leave;
  };
  const all = [undefined, '2', '3'];

  test('says that the app does not answer, though the overview came while it was read first', async () => {
    app.meets = () => overviewSays(1);
    polled.watch();
    await world.pass(0);
    expect(polled.state.value.value).toHaveLength(3);
    app.isAway = true;
    await world.pass(AT_LATEST);
    expect(polled.state.value.fault).toEqual({ kind: 'unreachable' });
  });

  test('is asked for on return after ten minutes, though the overview has not changed', async () => {
    (await open())();
    await world.pass(AT_LATEST);
    polled.watch();
    overviewSays(1, { ageSeconds: 3600 });
    expect(await askedNow()).toEqual(all);
    expect(polled.state.value.readAt).toBe(world.now() - 4000);
  });

  test('is asked for after an action, though the overview was looked at again before', async () => {
    await open();
    overviewSays(1);
    polled.refresh();
    expect(await askedNow()).toEqual(all);
  });

  test('is as old as its oldest page, however long the requests for the others take', async () => {
    await open();
    app.version = 2;
    app.meets = () => new Promise((resolve) => void world.after(5000, resolve));
    overviewSays(2, { ageSeconds: 20 });
    expect(await askedNow(5000)).toEqual(['2']);
    expect(polled.state.value.readAt).toBe(world.now() - 25_000);
  });

  test.each([
    [30_000, ['2']],
    [30_001, all],
  ])('that waits for %d ms in a hidden tab asks for the pages %j', async (waits, asked) => {
    await open();
    app.version = 2;
    world.show(false);
    overviewSays(2, { ageSeconds: 60 });
    expect(await askedNow(waits)).toEqual([]);
    world.show(true);
    expect(await askedNow()).toEqual(asked);
  });

  test('asks for all pages if what the overview says is kept from an earlier visit', async () => {
    await open();
    app.version = 2;
    overviewSays(2, { answeredAt: world.now() - 3_600_000 });
    expect(await askedNow()).toEqual(all);
  });
});
