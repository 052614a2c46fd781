/** Who a piece of work is done for. The flow puts it beside every activity's own input, for the audit. */
export interface WorksFor {
  readonly by: {
    /** `{instance}.{run}`. */
    readonly operation: string;
    /** A principal's name, `function-key` or `event`. */
    readonly actor: string;
  };
}
