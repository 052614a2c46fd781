/** The parts of `npm run fuzz:host` that need no host. */
import { describe, expect, it } from 'vitest';

import type { View } from '../run/view.js';
import { differences } from './compare.js';
import { drawn, kindOf, routesOf, type Drawn } from './seeds.js';
import { shrunk } from './shrink.js';
import { explainedBy } from './timing.js';

const view = (output: unknown): View => ({ notes: {}, final: { a: { output } } });

describe('a seed', () => {
  const seeds = Array.from({ length: 40 }, (_, index) => index + 1);

  it('stands for the same case every time, and hardly two for one', () => {
    const all = seeds.map((seed) => JSON.stringify(drawn(seed)));
    expect(seeds.map((seed) => JSON.stringify(drawn(seed)))).toEqual(all);
    expect(new Set(all).size).toBe(seeds.length);
  });

  it('stands for each kind in turn', () => {
    expect(new Set(seeds.slice(0, 20).map(kindOf)).size).toBe(12);
  });

  it('has routes of its own', () => {
    const seed = seeds.find((one) => kindOf(one) === 'routes') ?? 0;
    const routes = Object.values(routesOf(seed));
    expect(routes.length).toBeGreaterThan(7);
    expect(routes.every((route) => route.startsWith(`r${seed}`))).toBe(true);
  });
});

describe('a difference', () => {
  it('has its path and both values', () => {
    expect(differences(view(1), view(2))).toEqual([{ path: '/final/a/output', real: 1, local: 2 }]);
  });

  it('of events is what only one host has, in any order', () => {
    expect(differences({ history: ['a', 'b', 'b'] }, { history: ['b', 'c', 'a'] })).toEqual([
      { path: '/history/*', real: 'b', local: 'c' },
    ]);
  });

  it('counts as timing only if each host has done the whole of what the other did', () => {
    expect(explainedBy([{ real: view(1), local: view(2) }])).toBeUndefined();
    expect(
      explainedBy([
        { real: view(1), local: view(2) },
        { real: view(3), local: view(2) },
      ]),
    ).toBeUndefined();
    expect(
      explainedBy([
        { real: view(1), local: view(2) },
        { real: view(2), local: view(4) },
      ]),
    ).toBe('both hosts do both');
  });
});

describe('a differing case', () => {
  it('is made as small as it can be while it differs in the same place', async () => {
    const start: Drawn = {
      script: {
        orchestrator: 'program',
        input: {
          steps: [
            { op: 'now' },
            {
              op: 'all',
              tasks: [
                { op: 'event', name: 'x' },
                { op: 'activity', name: 'say', input: 'bad' },
              ],
            },
            { op: 'guid' },
          ],
        },
        actions: [{ do: 'purge' }],
      },
    };
    const found = [{ path: '/final/a/output', real: 1, local: 2 }];
    const tried = (what: Drawn) => Promise.resolve(JSON.stringify(what).includes('"bad"') ? found : []);

    const { what } = await shrunk(start, found, tried, Date.now() + 60_000);

    expect(what).toEqual({
      script: {
        orchestrator: 'program',
        input: { steps: [{ op: 'activity', name: 'say', input: 'bad' }] },
      },
    });
  });
});
