import type { HttpResponseInit } from '@azure/functions';
import { columnOf } from '@connected-registry/protocol/requests/rolloutCsv';
import { problem } from '../answers/problem.js';
import type { FieldError } from '@connected-registry/protocol/answers/problemDetails';

/** Maximum errors in the answer. */
const MAX_ERRORS = 100;

/** Where the rows of a request are. */
export interface RowPlaces {
  /** Line of the CSV file of each row; absent for JSON. */
  readonly lines?: readonly number[];
  /** Names of the clients by row, if the request selected them: it has no rows. */
  readonly selected?: readonly string[];
}

/**
 * Collects the faults of rows, of a rollout or of an enrolment: the first {@link MAX_ERRORS}, and the number of all.
 */
export class RowFaults {
  readonly #places: RowPlaces;
  readonly #errors: FieldError[] = [];
  #count = 0;

  constructor(places: RowPlaces) {
    this.#places = places;
  }

  get count(): number {
    return this.#count;
  }

  /** @param index of the row, from 0. @param error its field is a path inside the row */
  add(index: number, { field, message, fix }: Pick<FieldError, 'field' | 'message' | 'fix'>): void {
    this.#count += 1;
    if (this.#errors.length === MAX_ERRORS) return;
    this.#errors.push(this.#placed(index, { field, message, fix }));
  }

  /** The error with the field that the sender knows. */
  #placed(index: number, { field, message, fix }: Pick<FieldError, 'field' | 'message' | 'fix'>): FieldError {
    const { lines, selected } = this.#places;
    const about = field === 'body' ? '' : `${field} `;
    if (selected) return { field: 'select', message: `client ${selected[index] ?? ''}: ${about}${message}`, fix };
    const row = rowNumber(this.#places, index);
    if (lines) return { field, message, fix, row, column: columnOf(field) };
    return { field: field === 'body' ? `clients.${index}` : `clients.${index}.${field}`, message, fix, row };
  }

  /** In the order of the rows. */
  get errors(): readonly FieldError[] {
    return this.#errors.toSorted((left, right) => (left.row ?? 0) - (right.row ?? 0));
  }

  /** @param consequence a sentence about what was not done */
  refusal(consequence?: string): HttpResponseInit {
    return refuseRows(this.errors, this.#count, consequence);
  }
}

/** The number by which the sender knows a row: its line in a CSV file, or its place in the list, from 1. */
export function rowNumber({ lines }: RowPlaces, index: number): number {
  return lines?.[index] ?? index + 1;
}

/**
 * Builds the answer to a request with faulty rows.
 * @param count number of all faults
 * @param consequence a sentence about what was not done
 */
export function refuseRows(
  errors: readonly FieldError[],
  count: number,
  consequence: string = 'Nothing was started.',
): HttpResponseInit {
  const rows = [...new Set(errors.flatMap(({ row }) => row ?? []))];
  const some = rows.slice(0, 10).join(', ');
  const places = `${rows.length === 1 ? 'row' : 'rows'} ${some}${rows.length > 10 ? ' and others' : ''}`;
  return problem({
    status: 400,
    code: 'invalid-request',
    title: 'The request is not valid.',
    detail: `${count} ${count === 1 ? 'error' : 'errors'}, in ${rows.length === 0 ? 'the selected clients' : places}. ${consequence}`,
    errors: errors.slice(0, MAX_ERRORS),
    errorCount: count,
  });
}
