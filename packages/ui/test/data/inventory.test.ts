import type { InventoryPage } from '@connected-registry/protocol/answers/fleetAnswers';
import { describe, expect, test } from 'vitest';
import type { Answer, Parameters } from '../../src/data/api.js';
import { FaultError } from '../../src/data/fault.js';
import { InventoryReader } from '../../src/data/inventory.js';
import { ROW } from '../fakes/samples.js';

/** An app with three pages, whose second may change. */
class PagedApp {
  readonly asked: (readonly [Parameters['continuation'], string | undefined])[] = [];
  version = 1;
  isAway = false;

  readonly read = async (
    _: string,
    { continuation }: Parameters = {},
    { etag }: { etag?: string | undefined } = {},
  ) => {
    this.asked.push([continuation, etag]);
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

async function clientsOf(reader: InventoryReader): Promise<string[]> {
  const answer = await reader.read();
  return answer.kind === 'value' ? answer.value.map(({ client, key }) => `${client} ${key}`) : [];
}

test('all pages are read, and are as old as the oldest', async () => {
  const app = new PagedApp();
  const answer = await new InventoryReader(app).read();
  expect(answer).toMatchObject({ kind: 'value', ageSeconds: 3 });
  expect(app.asked.map(([continuation]) => continuation)).toEqual([undefined, '2', '3']);
});

test('pages that have not changed are not sent again', async () => {
  const app = new PagedApp();
  const reader = new InventoryReader(app);
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
  const reader = new InventoryReader(app);
  await clientsOf(reader);
  app.isAway = true;
  await expect(reader.read()).rejects.toThrow(FaultError);
  app.isAway = false;
  expect(await clientsOf(reader)).toHaveLength(3);
  expect(app.asked.at(-1)).toEqual(['3', 'W/"3-1"']);
});

test('the next operator gets nothing of the one before', async () => {
  const app = new PagedApp();
  const reader = new InventoryReader(app);
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
  await new InventoryReader(endless).read();
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
  await expect(new InventoryReader(circle).read()).rejects.toThrow(FaultError);
  expect(count).toBe(places.length);
});

describe('after the overview has said which pages there are', () => {
  const tags = (second: number) => ['W/"1-1"', `W/"2-${second}"`, 'W/"3-1"'];

  test('only those that have changed are asked for, and the inventory is as old as the overview at least', async () => {
    const app = new PagedApp();
    const reader = new InventoryReader(app);
    await clientsOf(reader);
    app.version = 2;
    reader.announce({ inventoryPages: tags(2), ageSeconds: 30 });
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
  ])('what is not known from them is asked for: %s', async (_, wasRead, inventoryPages, asked) => {
    const app = new PagedApp();
    const reader = new InventoryReader(app);
    if (wasRead) await clientsOf(reader);
    const before = app.asked.length;
    reader.announce({ inventoryPages, ageSeconds: 0 });
    expect(await clientsOf(reader)).toHaveLength(3);
    expect(app.asked.slice(before).map(([continuation]) => continuation)).toEqual(asked);
  });

  test('the reading after the next asks for all again, and so does one for another operator', async () => {
    const app = new PagedApp();
    const reader = new InventoryReader(app);
    await clientsOf(reader);
    reader.announce({ inventoryPages: tags(1), ageSeconds: 0 });
    await clientsOf(reader);
    expect(app.asked).toHaveLength(3);
    await clientsOf(reader);
    expect(app.asked).toHaveLength(6);
    reader.announce({ inventoryPages: tags(1), ageSeconds: 0 });
    reader.clear();
    await clientsOf(reader);
    expect(app.asked).toHaveLength(9);
  });
});
