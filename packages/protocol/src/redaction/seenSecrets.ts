import { formsOf } from './secretForms.js';

/** In characters. Shorter values appear inside too many harmless words. */
const SHORTEST = 10;

/** In characters. Longer values are files, whose secret parts are remembered separately. */
const LONGEST = 16_384;

/**
 * Values are found by their last characters, this many of them: the first ones are alike in tokens and docker
 * configurations.
 */
const TAIL = 8;

const HINTS = 1 << 16;

export const REDACTED = '[redacted]';

/**
 * The secret values that this process has seen, so that they can be removed from its output. This is the last line of
 * defense behind code that never passes them on. A value is found in all its forms (secretForms.ts). With more than
 * `capacity` values, the one that was seen longest ago is forgotten.
 */
export class SeenSecrets {
  /** The forms of each value; the value seen longest ago comes first. */
  readonly #recent = new Map<string, readonly string[]>();
  readonly #kept = new Set<string>();
  readonly #byTail = new Map<string, Set<string>>();
  /** Number of tails with each hash, so that most positions of a text need no map lookup. */
  readonly #hints = new Uint32Array(HINTS);

  constructor(private readonly capacity: number) {}

  /** Remembers a value that was created, read or sent. It may be displaced by others later. */
  remember(value: string | undefined): void {
    if (!isSecret(value) || this.#kept.has(value)) return;
    const known = this.#recent.get(value);
    if (known) {
      this.#recent.delete(value);
      this.#recent.set(value, known);
      return;
    }
    const forms = formsOf(value);
    this.#recent.set(value, forms);
    for (const form of forms) this.#add(form);
    for (const [oldest, its] of this.#recent) {
      if (this.#recent.size <= this.capacity) break;
      this.#recent.delete(oldest);
      for (const form of its) this.#drop(form);
    }
  }

  /** Remembers a value for the lifetime of the process, such as a setting. */
  keep(value: string | undefined): void {
    if (!isSecret(value) || this.#kept.has(value)) return;
    this.#kept.add(value);
    for (const form of formsOf(value)) this.#add(form);
  }

  /** Whether a text contains a secret. */
  holds(text: string): boolean {
    return this.#find(text).length > 0;
  }

  /** Replaces every secret in a text. */
  redact(text: string): string {
    const found = this.#find(text);
    if (found.length === 0) return text;
    let redacted = '';
    let at = 0;
    for (const { start, end } of merged(found)) {
      redacted += text.slice(at, start) + REDACTED;
      at = end;
    }
    return redacted + text.slice(at);
  }

  #find(text: string): Span[] {
    const found: Span[] = [];
    if (this.#byTail.size === 0) return found;
    for (let end = TAIL; end <= text.length; end += 1) {
      if (this.#hints[hintAt(text, end)] === 0) continue;
      for (const form of this.#byTail.get(text.slice(end - TAIL, end)) ?? []) {
        const start = end - form.length;
        if (start >= 0 && text.startsWith(form, start)) found.push({ start, end });
      }
    }
    return found;
  }

  #add(form: string): void {
    const tail = form.slice(-TAIL);
    const forms = this.#byTail.get(tail);
    if (forms) forms.add(form);
    else {
      this.#byTail.set(tail, new Set([form]));
      this.#hint(tail, 1);
    }
  }

  #drop(form: string): void {
    const tail = form.slice(-TAIL);
    const forms = this.#byTail.get(tail);
    forms?.delete(form);
    if (forms?.size !== 0) return;
    this.#byTail.delete(tail);
    this.#hint(tail, -1);
  }

  #hint(tail: string, by: number): void {
    const at = hintAt(tail, TAIL);
    this.#hints[at] = (this.#hints[at] ?? 0) + by;
  }
}

interface Span {
  readonly start: number;
  readonly end: number;
}

/** Found values may overlap: a base64 pair of user and password is inside the file that holds it. */
function merged(spans: readonly Span[]): Span[] {
  const joined: Span[] = [];
  for (const span of [...spans].sort((left, right) => left.start - right.start)) {
    const last = joined.at(-1);
    if (last && span.start <= last.end) joined.splice(-1, 1, { start: last.start, end: Math.max(last.end, span.end) });
    else joined.push(span);
  }
  return joined;
}

function isSecret(value: string | undefined): value is string {
  return value !== undefined && value.length >= SHORTEST && value.length <= LONGEST;
}

/** A hash of the four characters before `end`. */
function hintAt(text: string, end: number): number {
  let hash = 0;
  for (let at = end - 4; at < end; at += 1) hash = (hash * 31 + text.charCodeAt(at)) % HINTS;
  return hash;
}

/**
 * A few thousand values of a few hundred characters each, which are in the process's memory until others displace them.
 */
export const REMEMBERED = 4000;

export const seenSecrets = new SeenSecrets(REMEMBERED);
