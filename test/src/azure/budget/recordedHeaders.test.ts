import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { projectRoot } from '@connected-registry/clock/files/projectRoot';
import { RateBudget } from '../../../../src/azure/budget/rateBudget.js';
import { remainingRequests } from '../../../../src/azure/budget/remaining.js';
import { comeForTurn, ServiceModel, Timeline } from './serviceModel.js';

/** ARM's published bucket of writes of one principal, and of all principals of a subscription together. */
const WRITES = { capacity: 200, perSecond: 10 };
const GLOBAL = { capacity: 3000, perSecond: 150 };

const recording = z.object({
  exchanges: z.array(z.object({ headers: z.record(z.string(), z.unknown()).optional() })),
});

type Header = readonly [name: string, value: string];

/** The headers of recorded answers that say how many writes remain, each combination once. */
const FORMS = recordedForms();

function recordedForms(): readonly (readonly Header[])[] {
  const folder = join(projectRoot(), 'packages', 'azure-simulator', 'test', 'recordings', 'data');
  const forms = new Map<string, readonly Header[]>();
  for (const file of readdirSync(folder)) {
    const { exchanges } = recording.parse(JSON.parse(readFileSync(join(folder, file), 'utf8')));
    for (const { headers = {} } of exchanges) {
      const found = Object.entries(headers).flatMap(([name, value]): Header[] =>
        /^x-ms-ratelimit-remaining-.*-writes$/i.test(name) && typeof value === 'string' ? [[name, value]] : [],
      );
      const key = found
        .map(([name]) => name.toLowerCase())
        .toSorted()
        .join(' ');
      if (found.length > 0) forms.set(key, found);
    }
  }
  return [...forms.values()];
}

/** Headers in a recorded form, with these counts in place of the recorded ones. */
function headersLike(form: readonly Header[], own: number, global: number): Header[] {
  return form.map(([name]) => [name, String(/-global-/i.test(name) ? global : own)]);
}

interface Outcome {
  readonly refused: number;
  /** By instance. */
  readonly accepted: readonly number[];
  /** When each instance had its last write accepted. */
  readonly endedAt: readonly number[];
}

/**
 * Instances that each have so many callers for one bucket of ARM, and know of each other only by the headers of its
 * answers.
 */
function share(form: readonly Header[], callers: readonly number[]): Outcome {
  const time = new Timeline();
  const [own, all] = [new ServiceModel(WRITES, 0), new ServiceModel(GLOBAL, 0)];
  const accepted = callers.map(() => 0);
  const endedAt = callers.map(() => 0);
  for (const [instance, count] of callers.entries()) {
    const budget = new RateBudget(WRITES, 0);
    for (let index = 0; index < count; index += 1) {
      const arrive = (now: number) => {
        const left = own.arrive(now);
        const globally = left === undefined ? 0 : (all.arrive(now) ?? 0);
        return { remaining: remainingRequests(headersLike(form, left ?? 0, globally)), isRefused: left === undefined };
      };
      const wasAccepted = () => {
        accepted[instance] = (accepted[instance] ?? 0) + 1;
        endedAt[instance] = time.now / 1000;
      };
      comeForTurn(time, { key: `caller ${index}`, budget, underWay: 60, arrive, accepted: wasAccepted }, index * 5);
    }
  }
  time.runAll();
  return { refused: own.refused, accepted, endedAt };
}

/** The shortest time in which the service accepts so many writes. */
const floorOf = (writes: number): number => (writes - WRITES.capacity) / WRITES.perSecond;

test('the recordings have a form with the own count alone, and one with the count of all principals', () => {
  const names = FORMS.map((form) => form.map(([name]) => name));
  expect(names).toContainEqual(['x-ms-ratelimit-remaining-subscription-writes']);
  expect(names.some((form) => form.some((name) => name.includes('global')))).toBe(true);
});

describe.each(FORMS.map((form) => [form.map(([name]) => name).join(' and '), form] as const))(
  'two instances that share a bucket whose answers carry %s',
  (_name, form) => {
    test('use at least nine tenths of its rate, and at most one in a hundred requests is refused', () => {
      const { refused, accepted, endedAt } = share(form, [2000, 2000]);
      expect(accepted).toEqual([2000, 2000]);
      expect(refused / (4000 + refused)).toBeLessThanOrEqual(0.01);
      expect(floorOf(4000) / Math.max(...endedAt)).toBeGreaterThanOrEqual(0.9);
      // Neither starves.
      expect(Math.min(...endedAt) / Math.max(...endedAt)).toBeGreaterThanOrEqual(0.9);
    });

    test('serve the one with little to do as soon as its share allows', () => {
      const { refused, accepted, endedAt } = share(form, [2000, 200]);
      expect(accepted).toEqual([2000, 200]);
      expect(refused / (2200 + refused)).toBeLessThanOrEqual(0.01);
      // Twice its writes, since the other one sends as many, at nine tenths of the rate.
      expect(endedAt[1]).toBeLessThanOrEqual(floorOf(400) / 0.9);
    });
  },
);
