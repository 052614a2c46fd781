import type { FieldError } from '@connected-registry/protocol/answers/problemDetails';
import { MAX_CLIENTS } from '@connected-registry/protocol/requests/clientsRequest';
import { parseEnrolmentCsv } from '@connected-registry/protocol/requests/enrolmentCsv';
import { ENROLMENT_FIELDS, enrolmentRow } from '@connected-registry/protocol/requests/enrolmentRequest';
import { fieldLines } from '../api/problem.js';
import type { InputFile } from '../commands/shared/inputFile.js';
import { counted } from '../output/counted.js';
import { usageError } from '../program/commandError.js';

/** Maximum clients of one command, as of a rollout. */
const MAX_ROWS = 10_000;
/** Faults that are shown. */
const MAX_SHOWN = 20;

/** Clients for which join tokens are to be issued. */
export interface EnrolRows {
  readonly rows: readonly unknown[];
  /** What applies to clients without a value of their own. */
  readonly head: object;
  /** Line of the file of each row, if it is CSV. */
  readonly lines?: readonly number[];
}

/**
 * Reads the clients of a file.
 * @param shared fields by flags, which win
 * @returns a value that is no list of clients as `body`: the app judges it
 * @throws {CommandError} if rows of CSV cannot be read
 */
export async function enrolRows(
  input: InputFile,
  file: string,
  shared: object,
): Promise<EnrolRows | { readonly body: unknown }> {
  if (input.kind === 'csv') {
    const { rows, lines, faults, faultCount } = await parseEnrolmentCsv(input.bytes, MAX_ROWS);
    if (faultCount > 0)
      throw faulty(
        file,
        faults.map((fault) => ({ field: fault.column ?? 'row', ...fault })),
        faultCount,
      );
    return { rows, head: shared, lines };
  }
  const { value } = input;
  if (Array.isArray(value)) return { rows: value, head: shared };
  if (typeof value !== 'object' || value === null) return { body: value };
  if (!('clients' in value) || !Array.isArray(value.clients)) return { body: { ...value, ...shared } };
  const { clients, ...head } = value;
  return { rows: clients as unknown[], head: { ...head, ...shared } };
}

/** The number by which the sender knows a row: its line in a CSV file, or its place in the list, from 1. */
export function rowNumber({ lines }: Pick<EnrolRows, 'lines'>, index: number): number {
  return lines?.[index] ?? index + 1;
}

/**
 * Checks rows that do not fit into one request: the app, which sees a part of them at a time, would issue tokens for
 * those before a faulty one, and a second token of a client would end the first.
 * @param file what has the rows, for messages
 * @param isPrinted the tokens are printed at the end, so an early end of the program would lose those of the first
 * requests
 * @throws {CommandError} with the faults
 */
export function checkPieces(given: EnrolRows, file: string, isPrinted: boolean): void {
  const { rows } = given;
  if (rows.length <= MAX_CLIENTS) return;
  if (rows.length > MAX_ROWS) throw usageError(`${file} has more than ${MAX_ROWS} clients.`);
  if (isPrinted)
    throw usageError(
      `--show-tokens is for up to ${MAX_CLIENTS} clients. No join token was issued.`,
      'Give --out FILE: it keeps the tokens of each request as soon as they are issued.',
    );
  const faults: FieldError[] = [];
  const names = new Names();
  for (const [index, value] of rows.entries()) {
    const row = rowNumber(given, index);
    const parsed = enrolmentRow.safeParse(value);
    if (!parsed.success) {
      for (const { path, message } of parsed.error.issues) {
        const field = String(path[0] ?? 'row');
        faults.push({ row, field, message, fix: `Send ${fixOf(field)}.` });
      }
      continue;
    }
    if (names.has(parsed.data))
      faults.push({
        row,
        field: 'client',
        message: 'is named twice, or may be',
        fix: 'Name each client once. If two registries have it, name the registry in both rows.',
      });
    names.add(parsed.data);
  }
  if (faults.length > 0) throw faulty(file, faults, faults.length);
}

function fixOf(field: string): string {
  return (ENROLMENT_FIELDS as Readonly<Record<string, string>>)[field] ?? ENROLMENT_FIELDS.clients;
}

interface Named {
  readonly registry?: string | undefined;
  readonly connectedRegistry: string;
  readonly client: string;
}

/** Clients that were named. Which registry is meant where none is named only the app knows: it may be any. */
class Names {
  readonly #registries = new Map<string, (string | undefined)[]>();

  has({ registry, ...client }: Named): boolean {
    const found = this.#registries.get(nameOf(client)) ?? [];
    return found.some((one) => one === undefined || registry === undefined || one === registry.toLowerCase());
  }

  add({ registry, ...client }: Named): void {
    const found = this.#registries.get(nameOf(client)) ?? [];
    this.#registries.set(nameOf(client), [...found, registry?.toLowerCase()]);
  }
}

function nameOf({ connectedRegistry, client }: Omit<Named, 'registry'>): string {
  return JSON.stringify([connectedRegistry.toLowerCase(), client]);
}

function faulty(file: string, faults: readonly FieldError[], count: number) {
  const shown = faults.slice(0, MAX_SHOWN);
  return usageError(
    `${file} has ${counted(count, 'error')}. No join token was issued.`,
    ...shown.flatMap(fieldLines),
    ...(count > shown.length ? [`${counted(count - shown.length, 'more error')} not shown.`] : []),
  );
}
