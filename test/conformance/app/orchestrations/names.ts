/** What several orchestrations write often. */
import * as df from 'durable-functions';

/** Registers orchestrations under their names. */
export function register(orchestrations: Record<string, df.OrchestrationHandler>): void {
  for (const [name, handler] of Object.entries(orchestrations)) df.app.orchestration(name, handler);
}

/** A time so many seconds after the orchestration's. */
export const seconds = (context: df.OrchestrationContext, count: number): Date =>
  new Date(context.df.currentUtcDateTime.getTime() + count * 1000);

export const counter = (key: string): df.EntityId => new df.EntityId('Counter', key);
export const keeper = (key: string): df.EntityId => new df.EntityId('Keeper', key);

/** Name and message of what was caught. */
export const caught = (error: unknown): { name: unknown; message: unknown } =>
  error instanceof Error ? { name: error.name, message: error.message } : { name: undefined, message: undefined };
