import { computed, signal } from '@preact/signals';

/** How operators sign in; the app's settings say it. */
export type SignIn = 'entra' | 'key' | 'keyOnLoopback';

/** What a header may have (Fetch, header value): bytes that are no controls. */
const HEADER_TEXT = /^[\x20-\x7e\x80-\xff]+$/;

/** Whether a host name is that of the browser's own machine. */
export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(hostname);
}

/**
 * Who looks at the page. With Entra the browser's cookie says it, which no script reads. A function key is kept in
 * memory: it is never in an address, in the browser's storage or in a log, and gone with the tab.
 */
export class Session {
  readonly #key = signal<string>();
  readonly #wasRefused = signal(false);

  /** @param hostname of the page */
  constructor(
    readonly signIn: SignIn,
    readonly hostname: string,
  ) {}

  /** Whether the last request was refused for who sent it. */
  readonly wasRefused = computed(() => this.#wasRefused.value);

  /** Whether a view may ask the API. */
  readonly isOpen = computed(
    () => !this.#wasRefused.value && (this.signIn === 'entra' || this.#key.value !== undefined),
  );

  get hasKey(): boolean {
    return this.#key.value !== undefined;
  }

  /** Whether a function key may be typed here. */
  get takesKeys(): boolean {
    return this.signIn === 'key' || (this.signIn === 'keyOnLoopback' && isLoopback(this.hostname));
  }

  /** Headers of a request to the API. */
  headers(): Readonly<Record<string, string>> {
    const key = this.#key.value;
    return key === undefined ? {} : { 'x-functions-key': key };
  }

  /**
   * A text that no header takes is no key: it is refused here, since a request with it would fail as if the app were
   * away.
   */
  use(key: string): void {
    if (!HEADER_TEXT.test(key)) {
      this.refused();
      return;
    }
    this.#key.value = key;
    this.#wasRefused.value = false;
  }

  /** The API answered 401, or the key is none. */
  refused(): void {
    this.#key.value = undefined;
    this.#wasRefused.value = true;
  }

  /** Forgets the key. */
  leave(): void {
    this.#key.value = undefined;
    this.#wasRefused.value = false;
  }
}
