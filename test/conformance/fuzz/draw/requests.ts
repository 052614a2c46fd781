/** Draws requests: bodies in almost JSON, paths for drawn routes, requests to functions and to the management API. */
import type { Requests, SentRequest } from '../../play/requests.js';
import type { Draws } from './draws.js';

// What docs/local-host.md lists as different is not drawn: values that are undefined, constructors, comments before a
// value.
const scalars = [
  ['1', '-0', '01', '1.50', '1E5', '1e400', '.5', '5.', '+1', '0x1F', '12345678901234567890', 'NaN', '-Infinity'],
  ['true', 'True', 'null', '"a"', "'a'", '""', '"\\u00e9\\/"', '"\\x41"', '"a\tb"', 'x'],
  ['"2020-01-01T00:00:00Z"', '"2020-01-01T00:00:00+02:00"', '"/Date(1577836800000)/"', '"\\ud83d\\ude97"'],
].flat();
const names = ['"a"', "'b'", 'c', '"__proto__"', '"constructor"', '"$type"', '"$id"', '"$values"', '""', '"a"', '1'];
const gaps = ['', '', '', '', ' ', '\n', '/* c */', '// c\n', '\uFEFF', '\u00A0'];

function almostJson(draws: Draws, depth: number): string {
  const gap = (): string => draws.of(gaps);
  const inner = (): string => `${gap()}${almostJson(draws, depth - 1)}${gap()}`;
  if (depth === 0 || draws.chance(0.4)) return draws.of(scalars);
  const end = draws.of(['', '', '', ',']);
  const items = draws.chance(0.5)
    ? `[${draws.several(1, 3, inner).join(',')}${end}]`
    : `{${draws.several(0, 3, () => `${gap()}${draws.of(names)}:${inner()}`).join(',')}${end}}`;
  return draws.chance(0.06) ? items.slice(0, -1) : items;
}

export function bodies(draws: Draws): Requests {
  const whole = (): string =>
    draws.one(
      () => almostJson(draws, 2),
      () => almostJson(draws, 2),
      () => `${draws.of(['', ' ', '\n', '\uFEFF'])}${almostJson(draws, 1)}${draws.of(gaps)}`,
      () => `${almostJson(draws, 1)} ${almostJson(draws, 1)}`,
      () => draws.of(['', ' ', '{', '"', '[1,', '\n', '{"a":', '\uFEFF', '[[1', '{"a":[1', '{"a":{']),
    );
  return { bodies: draws.several(4, 6, whole) };
}

const parts = [
  'a',
  'A',
  'b',
  '1',
  '-1',
  '007',
  '1.5',
  'true',
  'a.b',
  'v1',
  'č',
  '%41',
  '%C4%8D',
  '%2F',
  'a%20b',
  '+',
  '~',
  '',
  '.',
];
const templateParts = [
  ['a', 'b', '1', '{x}', '{x}', '{y}', '{x:int}', '{x:alpha}', '{x:bool}', '{x:guid}', '{x:length(1,2)}'],
  ['{x:range(1,9)}', '{x:min(0)}', '{x:datetime}', '{x:decimal}', '{x:regex(^[[a-b]]+$)}', 'v{x}', '{x}.{y}'],
  ['{x}-{y:int}', '{x:minlength(2)}'],
].flat();
const lastParts = ['{z?}', '{z:int?}', '{*rest}', '{z=d}', '{x}.{z?}', '{*rest:int}'];

/** Templates of one seed: the same for every run of it. */
export function templatesOf(draws: Draws, prefix: string): Record<string, string> {
  const template = (): string => {
    const used = new Set<string>();
    const middle = draws
      .several(0, 3, () => draws.of(templateParts))
      .filter((part) => {
        const own = [...part.matchAll(/\{\*?(\w+)/g)].map(([, name]) => name ?? '');
        const isNew = own.every((name) => !used.has(name));
        for (const name of own) used.add(name);
        return isNew;
      });
    const last = draws.of(lastParts);
    const fits = [...last.matchAll(/\{\*?(\w+)/g)].every(([, name]) => !used.has(name ?? ''));
    return [prefix, ...middle, ...(draws.chance(0.3) && fits ? [last] : [])].join('/');
  };
  return Object.fromEntries(draws.several(8, 12, template).map((route, index) => [`${prefix}n${index}`, route]));
}

export function paths(draws: Draws, prefix: string): Requests {
  const path = (): SentRequest => ({
    method: 'GET',
    path: `/api/${prefix}/${draws.several(0, 4, () => draws.of(parts)).join('/')}${draws.of(['', '', '', '/', '//'])}`,
  });
  return { requests: draws.several(50, 70, path) };
}

const oddHeaders: readonly (readonly [string, string])[] = [
  ['content-type', 'text/plain'],
  ['content-type', 'application/json; charset=utf-8'],
  ['content-type', 'application/x-www-form-urlencoded'],
  ['content-type', 'nonsense'],
  ['x-odd', ''],
  ['x-odd', ' a  b '],
  ['X-Odd-Two', 'a,b'],
  ['x-odd', 'é'],
  ['cookie', 'a=1; b="2"'],
  ['cookie', ';;'],
  ['accept', 'application/xml'],
  ['accept', 'text/plain;q=0.5, */*'],
  ['accept-encoding', 'gzip, br'],
  ['expect', '100-continue'],
  ['if-none-match', '"x"'],
  ['origin', 'https://example.org'],
  ['range', 'bytes=0-1'],
  ['x-forwarded-proto', 'https'],
  ['x-forwarded-host', 'other.example'],
  ['host', 'other.example'],
];
const queries = [
  'a=1',
  'a=1&a=2',
  'a',
  'a=',
  '=x',
  'a=%20+b',
  'A=1&a=2',
  'a=%C4%8D',
  'a=1;b=2',
  'a[]=1',
  '&&',
  'a=b=c',
  'code=x',
  '?',
];
const methods = ['GET', 'GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS'];

/** Requests to a function that shows them. */
export function toFunctions(draws: Draws): Requests {
  const request = (): SentRequest => {
    const method = draws.of(methods);
    const path = `/api/mirror/${draws.several(0, 3, () => draws.of(parts)).join('/')}`;
    const query = draws.chance(0.6) ? `?${draws.of(queries)}` : '';
    const body = draws.of(['', 'text', '{"a":1}', '{', 'a=1&b=%20', 'é', '\u0000']);
    const headers = draws.several(0, 3, () => draws.of(oddHeaders));
    return { method, path: path + query, headers, ...(method === 'POST' || method === 'PUT' ? { body } : {}) };
  };
  return { requests: draws.several(15, 25, request) };
}

const answerHeaders: readonly Record<string, string>[] = [
  {},
  { 'content-type': 'text/html' },
  { 'content-type': 'nonsense' },
  { 'Content-Type': 'application/json' },
  { 'x-a': 'b', 'X-A': 'c' },
  { 'set-cookie': 'q=1' },
  { etag: '"x"', 'cache-control': 'no-store' },
  { location: '/x y' },
  { 'x-long': 'v'.repeat(3000) },
  { vary: 'a, b' },
  { 'content-encoding': 'identity' },
];
const cookie = { name: 'c', value: 'a b;č' };
const cookies: readonly object[] = [
  cookie,
  { ...cookie, path: '/', domain: 'example.org', secure: true, httpOnly: true },
  { ...cookie, maxAge: 0 },
  { ...cookie, expires: '2020-01-01T00:00:00Z' },
  { name: 'd', value: '', sameSite: 'Lax' },
];

/** Answers that a function is asked to give. */
export function answers(draws: Draws): Requests {
  const asked = (): object => ({
    ...(draws.chance(0.8)
      ? { status: draws.of([200, 201, 202, 204, 205, 299, 304, 400, 404, 418, 500, 599, 0, 99, 600, 999, 1000]) }
      : {}),
    ...draws.of([
      {},
      { body: 'text é' },
      { body: '' },
      { jsonBody: { a: 1 } },
      { jsonBody: null },
      { jsonBody: [] },
      { jsonBody: 'x' },
      { bytes: 'AAH+/w==' },
      { body: '<a>' },
    ]),
    ...(draws.chance(0.6) ? { headers: draws.of(answerHeaders) } : {}),
    ...(draws.chance(0.2) ? { cookies: draws.several(1, 2, () => draws.of(cookies)) } : {}),
  });
  const request = (): SentRequest => ({
    method: 'POST',
    path: '/api/answerAs',
    headers: [['content-type', 'application/json']],
    body: JSON.stringify(asked()),
  });
  return { requests: draws.several(15, 25, request) };
}

const managementQueries = [
  ['top=0', 'top=1', 'top=-1', 'top=x', 'top=', 'showInput=false', 'instanceIdPrefix=nobody', 'showHistory=true'],
  ['runtimeStatus=Completed', 'runtimeStatus=completed,Failed', 'runtimeStatus=nonsense', 'runtimeStatus='],
  ['createdTimeFrom=2020-01-01', 'createdTimeFrom=x', 'createdTimeTo=2020-01-01T00:00:00Z', 'createdTimeFrom='],
  ['showHistoryOutput=true', 'returnInternalServerErrorOnFailure=true', 'nonsense=1'],
].flat();

/** Requests to the management API and the admin API, about nothing that is there. */
export function toManagement(draws: Draws): Requests {
  const query = (path: string): string =>
    draws
      .several(0, 2, () => `&${draws.of(managementQueries)}`)
      .filter((one) => !(one.startsWith('&createdTime') && path.includes('&createdTime')))
      .join('');
  // A list of all instances has those of other cases, and a purge ends them; these are none's.
  const none = 'instanceIdPrefix=<id>-none';
  const targets: readonly [string, string][] = [
    ['GET', `<hook>/instances?<code>&${none}`],
    ['DELETE', `<hook>/instances?<code>&createdTimeFrom=1990-01-01T00:00:00Z&createdTimeTo=1990-01-02T00:00:00Z`],
    ['GET', '<hook>/instances/<id>?<code>'],
    ['DELETE', '<hook>/instances/<id>?<code>'],
    ['POST', '<hook>/instances/<id>/raiseEvent/go?<code>'],
    ['POST', '<hook>/instances/<id>/raiseEvent/a%2Fb?<code>'],
    ['POST', '<hook>/instances/<id>/terminate?<code>'],
    ['POST', '<hook>/instances/<id>/suspend?<code>'],
    ['POST', '<hook>/instances/<id>/rewind?<code>'],
    ['POST', '<hook>/instances/<id>/restart?<code>'],
    ['POST', '<hook>/instances/<id>/nonsense?<code>'],
    ['GET', '<hook>/entities/Box/<id>?<code>'],
    ['GET', '<hook>/entities/Nobody/<id>?<code>'],
    ['GET', '<hook>/entities/Nobody?<code>'],
    ['POST', '<hook>/orchestrators/nobody/<id>?<code>'],
    ['POST', '<hook>/orchestrators/nobody?<code>'],
    ['POST', '<hook>/nonsense?<code>'],
    ['GET', '<hook>?<code>'],
    ['GET', '<hook>/instances/<id>'],
    ['GET', '<hook>/instances/<id>?code=wrong'],
    ['GET', '/admin/host/ping'],
    ['GET', '/admin/functions/mirror?code=<master>'],
    ['GET', '/admin/functions/nobody?code=<master>'],
    ['GET', '/admin/functions/nobody/status?code=<master>'],
    ['GET', '/admin/functions'],
    ['GET', '/admin/nonsense?code=<master>'],
    ['POST', '/admin/functions/nobody?code=<master>'],
    ['GET', '/runtime/webhooks/nonsense'],
    ['POST', '/runtime/webhooks/EventGrid'],
  ];
  const request = (): SentRequest => {
    const [method, path] = draws.of(targets);
    // The admin API's other methods deploy functions, which docs/local-host.md leaves out.
    const odd =
      draws.chance(0.1) && !path.startsWith('/admin') ? draws.of(['PUT', 'PATCH', 'HEAD', 'POST', 'GET']) : method;
    const headers = draws.chance(0.3) ? [draws.of(oddHeaders)] : [];
    const body = draws.of(['', '1', '{', '{"a":1}', 'a=1']);
    // Host names of links would be normalised away. The admin API writes XML, which docs/local-host.md leaves out.
    const left = ['host', 'x-forwarded-host', 'x-forwarded-proto', ...(path.startsWith('/admin') ? ['accept'] : [])];
    const kept = headers.filter(([name]) => !left.includes(name));
    return {
      method: odd,
      path: path + (path.includes('?') ? query(path) : ''),
      headers: kept,
      ...(odd === 'POST' ? { body } : {}),
      // Whether its turn has run would be chance.
      ...(path.includes('/<id>') && odd === 'POST' ? { rest: true } : {}),
    };
  };
  return { requests: draws.several(15, 25, request) };
}
