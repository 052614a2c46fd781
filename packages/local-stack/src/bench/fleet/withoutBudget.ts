/**
 * Loaded into the app's process by `bench:fleet -- --without-budget`: takes the budget out of the app, for comparison.
 * Each request is sent at once, and a step that Azure Resource Manager has refused is repeated after Retry-After.
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { projectRoot } from '@connected-registry/clock/files/projectRoot';

/** What is replaced of the app's class `Turns` (src/azure/budget/turns.ts). */
interface TurnsPrototype {
  inTurn(order: unknown, work: () => Promise<unknown>): Promise<{ readonly result: unknown }>;
  reserve(order: unknown, notBeforeSeconds: number): number;
  admit(bucket: unknown): Promise<unknown>;
  spare(): number;
}

const UNLIMITED = { answered: (): void => undefined, refused: (): void => undefined };

const file = join(projectRoot(), 'dist', 'src', 'azure', 'budget', 'turns.js');
const { Turns } = (await import(pathToFileURL(file).href)) as {
  readonly Turns: { readonly prototype: TurnsPrototype };
};
const replaced: TurnsPrototype = {
  inTurn: async (_order, work) => ({ result: await work() }),
  reserve: (_order, notBeforeSeconds) => notBeforeSeconds,
  admit: () => Promise.resolve({ budget: UNLIMITED, sending: {} }),
  spare: () => Number.POSITIVE_INFINITY,
};
for (const name of Object.keys(replaced) as (keyof TurnsPrototype)[])
  if (!(name in Turns.prototype)) throw new Error(`The app's class Turns has no method ${name} any more.`);
Object.assign(Turns.prototype, replaced);
