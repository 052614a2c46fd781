import type { Priority } from './priority.js';

/**
 * On whose behalf work is done. The orchestration adds it to every activity's input, for the audit and for the order of
 * turns.
 */
export interface WorksFor {
  readonly by: {
    /** `{instance}.{run}`. */
    readonly operation: string;
    /** A principal's name, `function-key` or `event`. */
    readonly actor: string;
    /** How urgent it is when services do not allow everything at once; absent for `single`. */
    readonly priority?: Exclude<Priority, 'single'>;
  };
}
