/** The durable functions of an app, whose names ignore case, and the error texts for missing ones. */
import { sameName } from '../caseInsensitive.js';
import type { AppFunction, LoadedApp } from '../worker/app.js';
import type { ReplayFunctions } from './replay/turn.js';

type Kind = 'activity' | 'orchestrator' | 'entity';
const triggers: Readonly<Record<Kind, string>> = {
  activity: 'activityTrigger',
  orchestrator: 'orchestrationTrigger',
  entity: 'entityTrigger',
};

/** The durable functions of one app. */
export class DurableFunctions implements ReplayFunctions {
  readonly #byKind: Readonly<Record<Kind, ReadonlyMap<string, AppFunction>>>;

  constructor(app: Pick<LoadedApp, 'functions'>) {
    const of = (kind: Kind): ReadonlyMap<string, AppFunction> =>
      new Map(
        [...app.functions.values()]
          .filter(({ triggerType }) => sameName(triggerType, triggers[kind]))
          .map((found) => [found.name.toLowerCase(), found]),
      );
    this.#byKind = { activity: of('activity'), orchestrator: of('orchestrator'), entity: of('entity') };
  }

  activity(name: string): AppFunction | undefined {
    return this.#byKind.activity.get(name.toLowerCase());
  }

  orchestrator(name: string): AppFunction | undefined {
    return this.#byKind.orchestrator.get(name.toLowerCase());
  }

  entity(name: string): AppFunction | undefined {
    return this.#byKind.entity.get(name.toLowerCase());
  }

  hasActivity(name: string): boolean {
    return this.activity(name) !== undefined;
  }

  hasOrchestrator(name: string): boolean {
    return this.orchestrator(name) !== undefined;
  }

  hasEntity(name: string): boolean {
    return this.entity(name) !== undefined;
  }

  unknownActivity(name: string): string {
    return this.#unknown('activity', name);
  }

  unknownOrchestrator(name: string): string {
    return this.#unknown('orchestrator', name);
  }

  unknownEntity(name: string): string {
    return this.#unknown('entity', name.toLowerCase());
  }

  #unknown(kind: Kind, name: string): string {
    const known = [...this.#byKind[kind].values()].map((found) => found.name);

    const list =
      known.length > 0
        ? `The following are the known ${kind} functions: '${known.join("', '")}'.`
        : `No ${kind} functions are currently registered!`;
    return `The function '${name}' doesn't exist, is disabled, or is not an ${kind} function. Additional info: ${list}`;
  }
}
