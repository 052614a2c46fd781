import { beforeEach, expect, test } from 'vitest';
import type { Answer } from '../../src/data/api.js';
import { PollBook } from '../../src/data/pollBook.js';
import { ManualWorld } from '../fakes/manualWorld.js';

const EVERY = 10_000;

let world: ManualWorld;
let book: PollBook;
let asked: string[];
beforeEach(() => {
  world = new ManualWorld();
  book = new PollBook(world);
  asked = [];
});

const of = (name: string) =>
  book.of<string>(name, EVERY, async (): Promise<Answer<string>> => {
    asked.push(name);
    return { kind: 'value', value: name };
  });

test('parts of a view that show the same thing ask for it once', async () => {
  of('rollouts').watch();
  of('rollouts').watch();
  await world.pass(0);
  expect(asked).toEqual(['rollouts']);
});

test('what was shown before is there at once', async () => {
  const leave = of('rollouts').watch();
  await world.pass(0);
  leave();
  expect(of('rollouts').state.value.value).toBe('rollouts');
});

test('of what nobody looks at, the latest are kept', async () => {
  const stays = of('shown');
  stays.watch();
  await world.pass(0);
  const old = of('old');
  for (let nth = 0; nth < 25; nth += 1) of(`other ${nth}`);
  expect(of('shown')).toBe(stays);
  expect(of('old')).not.toBe(old);
});

test('the next operator gets nothing of the one before', async () => {
  const leave = of('rollouts').watch();
  await world.pass(0);
  leave();
  book.clear();
  expect(of('rollouts').state.value).toEqual({});
});

test('after an action all that is looked at is asked for, and nothing else', async () => {
  of('rollouts').watch();
  of('clients').watch();
  of('old');
  await world.pass(0);
  asked = [];
  book.refresh();
  await world.pass(0);
  expect(asked.sort()).toEqual(['clients', 'rollouts']);
});
