/** On whose behalf work is done. The orchestration adds it to every activity's input, for the audit. */
export interface WorksFor {
  readonly by: {
    /** `{instance}.{run}`. */
    readonly operation: string;
    /** A principal's name, `function-key` or `event`. */
    readonly actor: string;
  };
}
