/** Cookies that peers of callHttp set. .NET's client keeps one jar for all calls of a host (RFC 6265). */

interface Cookie {
  readonly name: string;
  readonly value: string;
  readonly domain: string;
  /** Whether hosts below the domain get it too. */
  readonly forSubdomains: boolean;
  readonly path: string;
  readonly secure: boolean;
  /** ms; undefined until the host ends. */
  readonly expires: number | undefined;
}

/** Maximum cookies; the oldest ones make room. */
const capacity = 300;

/** Keeps cookies in memory. */
export class CookieJar {
  readonly #cookies = new Map<string, Cookie>();

  /** Takes the Set-Cookie headers of an answer from an address. */
  take(headers: readonly string[], url: URL, now: number): void {
    for (const header of headers) {
      const cookie = parsed(header, url, now);
      if (cookie === undefined) continue;
      const key = JSON.stringify([cookie.domain, cookie.path, cookie.name]);
      this.#cookies.delete(key);
      if (cookie.expires === undefined || cookie.expires > now) this.#cookies.set(key, cookie);
      const [oldest] = this.#cookies.keys();
      if (this.#cookies.size > capacity && oldest !== undefined) this.#cookies.delete(oldest);
    }
  }

  /** The Cookie header for an address; undefined if there is none. */
  headerFor(url: URL, now: number): string | undefined {
    const sent = [...this.#cookies.values()].filter((cookie) => isFor(cookie, url, now));
    return sent.length === 0 ? undefined : sent.map(({ name, value }) => `${name}=${value}`).join('; ');
  }
}

function parsed(header: string, url: URL, now: number): Cookie | undefined {
  const [pair = '', ...rest] = header.split(';');
  const [name, value] = halves(pair);
  if (name === '') return undefined;
  const attributes = new Map(rest.map(halves).map(([key, text]) => [key.toLowerCase(), text]));
  const host = url.hostname.toLowerCase();
  const domain = attributes.get('domain')?.replace(/^\./, '').toLowerCase() ?? '';
  if (domain !== '' && !isBelow(host, domain)) return undefined;
  const path = attributes.get('path') ?? '';
  const age = Number(attributes.get('max-age') ?? Number.NaN);
  const date = Date.parse(attributes.get('expires') ?? '');
  return {
    name,
    value,
    domain: domain === '' ? host : domain,
    forSubdomains: domain !== '',
    path: path.startsWith('/') ? path : url.pathname.slice(0, Math.max(1, url.pathname.lastIndexOf('/'))),
    secure: attributes.has('secure'),
    expires: Number.isNaN(age) ? (Number.isNaN(date) ? undefined : date) : now + age * 1000,
  };
}

function halves(text: string): [string, string] {
  const equals = text.indexOf('=');
  return equals < 0 ? [text.trim(), ''] : [text.slice(0, equals).trim(), text.slice(equals + 1).trim()];
}

const isBelow = (host: string, domain: string): boolean => host === domain || host.endsWith(`.${domain}`);

function isFor(cookie: Cookie, url: URL, now: number): boolean {
  const host = url.hostname.toLowerCase();
  const folder = cookie.path.endsWith('/') ? cookie.path : `${cookie.path}/`;
  return (
    (cookie.forSubdomains ? isBelow(host, cookie.domain) : host === cookie.domain) &&
    `${url.pathname}/`.startsWith(folder) &&
    (!cookie.secure || url.protocol === 'https:') &&
    (cookie.expires === undefined || cookie.expires > now)
  );
}
