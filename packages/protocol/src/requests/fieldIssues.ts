import { z } from 'zod';

/** A schema's issue about one value, with its full path. */
export interface FieldIssue {
  readonly code: string;
  readonly path: readonly PropertyKey[];
  readonly message: string;
  readonly input: unknown;
  /** Set for an object with unknown fields. */
  readonly keys?: readonly string[];
}

/**
 * Reports each issue at its innermost location: for a field with several forms, by the form that was sent; for a key of
 * an object, by the key. Zod reports both as one issue about the whole field.
 */
export function fieldIssues(error: z.ZodError): FieldIssue[] {
  return error.issues.flatMap((issue) => innermost(issue, []));
}

function innermost(issue: z.core.$ZodIssue, above: readonly PropertyKey[]): FieldIssue[] {
  const path = [...above, ...issue.path];
  if (issue.code === 'invalid_union') {
    const form = issue.errors.find((issues) => !issues.some(isAboutForm));
    if (form) return form.flatMap((inner) => innermost(inner, path));
  }
  if (issue.code === 'invalid_key' || issue.code === 'invalid_element')
    return issue.issues.flatMap((inner) => innermost(inner, path));
  const { code, message, input } = issue;
  return [{ code, path, message, input, ...(issue.code === 'unrecognized_keys' ? { keys: issue.keys } : {}) }];
}

/** Another form was meant: an array is not an object. */
function isAboutForm({ code, path }: z.core.$ZodIssue): boolean {
  return path.length === 0 && code === 'invalid_type';
}

/**
 * Names of the fields that the object at a path may have; undefined if the schema does not have exactly one object
 * there.
 */
export function knownFields(schema: z.core.$ZodType, path: readonly PropertyKey[]): readonly string[] | undefined {
  if (schema instanceof z.ZodOptional) return knownFields(schema.unwrap(), path);
  const [first, ...rest] = path;
  if (schema instanceof z.ZodArray && typeof first === 'number') return knownFields(schema.element, rest);
  if (!(schema instanceof z.ZodObject)) return undefined;
  const shape: Readonly<Record<string, z.core.$ZodType>> = schema.shape;
  if (first === undefined) return Object.keys(shape);
  const inner = typeof first === 'string' ? shape[first] : undefined;
  return inner && knownFields(inner, rest);
}

/** Fields whose keys are chosen by the sender. */
const NAMED_BY_SENDER: readonly PropertyKey[] = ['repositories', 'pollers'];

/** The innermost part of a path that has its own help text. Items of a list and names of repositories have none. */
export function helpFor(
  path: readonly PropertyKey[],
  help: Readonly<Record<string, string>>,
): { readonly name: string; readonly text: string } | undefined {
  const end = path.findIndex((part) => NAMED_BY_SENDER.includes(part));
  const own = end < 0 ? path : path.slice(0, end + 1);
  const name = own.findLast((part): part is string => typeof part === 'string' && Object.hasOwn(help, part));
  const text = name === undefined ? undefined : help[name];
  return name === undefined || text === undefined ? undefined : { name, text };
}

/** Maximum characters of an invalid value that are shown. */
const MAX_CHARACTERS = 60;

/** An invalid value as text. */
export function shownValue(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > MAX_CHARACTERS ? `${text.slice(0, MAX_CHARACTERS)}…` : text;
}
