import type { HostLog } from '../../log/log.js';
import { isEntity, type Instance } from '../hub/instance.js';
import type { Notice } from '../replay/notices.js';
import type { CodeFinder } from '../userCode.js';

/** Tells developers, once each, what goes quietly wrong in an instance, with the cure. */
export class NoticeLog {
  readonly #log: HostLog;
  readonly #findCode: CodeFinder;
  readonly #strict: boolean;
  /** Instances that were logged as unreadable. */
  readonly #unreadable = new Set<string>();

  /** @param init `strict`: notices are errors, not warnings */
  constructor(init: { readonly log: HostLog; readonly findCode: CodeFinder; readonly strict: boolean }) {
    this.#log = init.log;
    this.#findCode = init.findCode;
    this.#strict = init.strict;
  }

  /** Logs a notice once in each execution of the instance, with the place in the app's code if it is found. */
  notice(instance: Instance, { key, text, cure, names }: Notice): void {
    instance.noted ??= new Set();
    const once = `${instance.executionId}:${key}`;
    if (instance.noted.has(once)) return;
    instance.noted.add(once);
    const kind = isEntity(instance) ? 'Entity' : `Orchestration '${instance.name}',`;
    const fields = { functionName: instance.name, instanceId: instance.id };
    void this.#findCode(instance.name, names).then((place) => {
      const where = place === undefined ? '' : ` (see ${place})`;
      const message = `${kind} instance '${instance.id}': ${text}${where}. Cure: ${cure}.`;
      this.#log.write(this.#strict ? 'error' : 'warning', message, fields);
    });
  }

  /** Logs once that a finished instance cannot be read. */
  unreadable(id: string, error: Error): void {
    if (this.#unreadable.has(id)) return;
    this.#unreadable.add(id);
    this.#log.error(
      `Instance '${id}' has ended and cannot be read, so lists leave it out. ${error.message} Or purge it.`,
    );
  }
}
