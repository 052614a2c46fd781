import type { FieldError } from '@connected-registry/protocol/answers/problemDetails';
import type { Fault } from '../../data/fault.js';
import { MAIN_FIELDS, MORE_FIELDS } from './onboardFields.js';

/** The app's faults by the id of the form's field, and the fault with what belongs to none. */
export interface FieldFaults {
  readonly byField: ReadonlyMap<string, readonly FieldError[]>;
  readonly rest: Fault;
}

/** Puts each error of a problem to the field that it is about. `repositories.0` is about `repositories`. */
export function fieldFaults(fault: Fault): FieldFaults {
  const byField = new Map<string, FieldError[]>();
  if (fault.kind !== 'refused') return { byField, rest: fault };
  const ids = [...MAIN_FIELDS, ...MORE_FIELDS].map(({ id }) => id);
  const others = (fault.problem.errors ?? []).filter((error) => {
    const id = ids.find((one) => error.field === one || error.field.startsWith(`${one}.`));
    if (id !== undefined) byField.set(id, [...(byField.get(id) ?? []), error]);
    return id === undefined;
  });
  const { errors: _errors, ...problem } = fault.problem;
  return {
    byField,
    rest: { kind: 'refused', problem: others.length === 0 ? problem : { ...problem, errors: others } },
  };
}
