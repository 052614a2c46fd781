import { randomUUID } from 'node:crypto';

const TOKEN = /\{(t\d+) \.(\d+) ([^}]*)\}|\{(secret\d+) len(\d+) ([^}]*)\}|\{(\w+)\}/g;
/** Placeholders whose original text is unknown. */
const ANYTHING = /^(person|personKind|message|text|link|etag|webhookQuery|tenant)$/;
/** Maximum seconds between two times that count as equal. */
const SAME = 1.5;

type Part =
  | { readonly kind: 'time'; readonly name: string; readonly digits: number; readonly zone: string }
  | { readonly kind: 'secret'; readonly length: number; readonly isMasked: boolean }
  | { readonly kind: 'learn'; readonly name: string }
  | { readonly kind: 'known' };

/** The values behind the placeholders of one recording, learned from the answers. */
export class Names {
  readonly #known: Map<string, string>;
  readonly #bound = new Map<string, { value: string; round: number }>();
  /** Number of the current exchange. */
  round = 0;

  /**
   * @param times seconds from the start, by name
   * @param mark suffix of the names that are invented here, so that those of two recordings differ
   */
  constructor(
    fixed: Readonly<Record<string, string>>,
    readonly times: Readonly<Record<string, number>>,
    readonly start: number,
    readonly mark: string,
  ) {
    this.#known = new Map(Object.entries(fixed));
  }

  learn(name: string, value: string): void {
    this.#known.set(name, value);
  }

  get(name: string): string | undefined {
    return this.#known.get(name);
  }

  /** A recorded text with its placeholders filled in, for requests. */
  fill(text: string): string {
    return text.replace(TOKEN, (...found: string[]) => {
      const [, time, , , secret, length, , name = ''] = found;
      if (time) return new Date(this.start + (this.times[time] ?? 0) * 1000).toISOString();
      if (secret) return this.#made(secret, () => 'v'.repeat(Number(length)));
      return this.#made(name, () => this.#invent(name));
    });
  }

  /** The same for whole values, including times in Unix seconds. */
  fillValue(value: unknown): unknown {
    if (typeof value === 'string') {
      const seconds = /^\{(e\d+) int\}$/.exec(value)?.[1];
      return seconds === undefined ? this.fill(value) : Math.floor(this.start / 1000 + (this.times[seconds] ?? 0));
    }
    if (Array.isArray(value)) return value.map((one) => this.fillValue(one));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [this.fill(key), this.fillValue(one)]));
  }

  /**
   * Compares a recorded text with an answered one, and learns unknown values.
   * @returns differences
   */
  match(recorded: string, found: string): string[] {
    const parts: Part[] = [];
    let pattern = '';
    let at = 0;
    for (const token of recorded.matchAll(TOKEN)) {
      pattern += escaped(recorded.slice(at, token.index)) + this.#patternOf(token, parts);
      at = token.index + token[0].length;
    }
    pattern = `^${pattern}${escaped(recorded.slice(at))}$`;
    const match = new RegExp(pattern, 'is').exec(found);
    if (!match) return ['value'];
    const differences = new RegExp(pattern, 's').test(found) ? [] : ['case'];
    parts.forEach((part, index) => differences.push(...this.#judge(part, match[index + 1] ?? '')));
    return differences;
  }

  #patternOf(token: RegExpExecArray, parts: Part[]): string {
    const [, time, digits, zone = '', secret, length, , name = ''] = token;
    if (time) {
      parts.push({ kind: 'time', name: time, digits: Number(digits), zone });
      return String.raw`(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)?)`;
    }
    if (secret) {
      // Two sources of recordings mask secrets: these two lengths are those of the mask.
      parts.push({ kind: 'secret', length: Number(length), isMasked: ['8', '25'].includes(length ?? '') });
      return '(.*)';
    }
    const known = this.#known.get(name);
    if (ANYTHING.test(name) || known !== undefined) {
      parts.push({ kind: 'known' });
      return ANYTHING.test(name) ? '(.*)' : `(${escaped(known ?? '')})`;
    }
    parts.push({ kind: 'learn', name });
    if (name.startsWith('guid')) return '([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})';
    return name.startsWith('ver') ? '([0-9a-f]{32})' : '([^/?"]+)';
  }

  #judge(part: Part, value: string): string[] {
    if (part.kind === 'learn') this.#known.set(part.name, value);
    if (part.kind === 'secret' && !part.isMasked && part.length !== value.length)
      return [`length ${part.length} recorded, ${value.length} here`];
    return part.kind === 'time' ? this.#time(part.name, part.digits, part.zone, value) : [];
  }

  /** A time that was new in the recording must be new here, and one that stayed must stay. */
  #time(name: string, digits: number, zone: string, value: string): string[] {
    const [, fraction = '', ownZone = ''] = /(?:\.(\d+))?(Z|[+-]\d\d:\d\d)?$/.exec(value) ?? [];
    const wrong: string[] = [];
    if (ownZone !== zone) wrong.push(`time zone ${zone} recorded, ${ownZone} here`);
    if (digits > 3 && fraction.length <= 3)
      wrong.push(`${digits} digits of a second recorded, ${fraction.length} here`);
    const before = this.#bound.get(name);
    if (before && before.value !== value) wrong.push('an unchanged time recorded, another here');
    if (before) return wrong;
    const isOld = [...this.#bound].some(
      ([other, bound]) =>
        bound.value === value &&
        bound.round < this.round &&
        Math.abs((this.times[other] ?? 0) - (this.times[name] ?? 0)) > SAME,
    );
    if (isOld) return [...wrong, 'a new time recorded, an older one here'];
    this.#bound.set(name, { value, round: this.round });
    return wrong;
  }

  #made(name: string, make: () => string): string {
    const known = this.#known.get(name) ?? make();
    this.#known.set(name, known);
    return known;
  }

  #invent(name: string): string {
    if (/^guid\d+$/.test(name)) return randomUUID();
    if (/^(text|message)$/.test(name)) return 'text of the replay';
    if (/^(secretname|topic|systopic|es\d)/.test(name)) return `${name}-${this.mark}`;
    return /^(tok|map|cr)\d+$/.test(name) ? `${name}name` : name;
  }
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}
