import { sleep, type CaseRun } from '../run/caseRun.js';
import type { Cases } from './plain.js';

const json = { 'content-type': 'application/json' };
const bytesType = { 'content-type': 'application/octet-stream' };

interface Happened {
  timer?: unknown;
  event?: { id: string };
}
const happened = async (run: CaseRun): Promise<(Happened | string)[]> =>
  (await run.web('GET', '/api/happened')).body as (Happened | string)[];

/** The host itself: routing, keys, answers, bodies, admin, Event Grid. */
export const web: Cases = {
  webRoutes: async (run) => {
    const named = ['/api/hello', '/api/hello/Anna', '/api/HELLO/Anna', '/api/hello/Anna/'];
    const quoted = '/api/hello/a%20b%2Fc?x=1&y=%C4%8D&x=2';
    const items = ['/api/items/books/7', '/api/items/books/0', '/api/items/9/7', '/api/items/books'];
    const others = ['/api/files/a/b/c.txt', '/api/files', '/api/noRoute', '/api/nowhere', '/api', '/hello', '/'];
    for (const path of [...named, quoted, ...items, ...others]) run.note(`GET ${path}`, await run.web('GET', path));
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS']) {
      const body = ['POST', 'PUT'].includes(method) ? { body: 'body text' } : {};
      run.note(`${method} hello`, await run.web(method, '/api/hello/x', { ...body, headers: { 'x-extra': 'e' } }));
    }
  },
  webKeys: async (run) => {
    const { keys } = run;
    const get = async (note: string, path: string, headers: Record<string, string> = {}): Promise<void> =>
      run.note(note, await run.web('GET', path, { headers }));
    await get('none', '/api/secret');
    await get('wrong', '/api/secret?code=wrong');
    await get('query', `/api/secret?code=${keys.function}`);
    await get('header', '/api/secret', { 'x-functions-key': keys.function });
    await get('master for function', `/api/secret?code=${keys.master}`);
    await get('none for admin', '/api/master');
    await get('function for admin', `/api/master?code=${keys.function}`);
    await get('master for admin', `/api/master?code=${keys.master}`);
    await get('durable key for function', `/api/secret?code=${keys.durable}`);
    await get('anonymous with a wrong key', '/api/hello?code=wrong');
    const webhook = '/runtime/webhooks/durabletask/instances/none';
    await get('durable webhook, none', webhook);
    await get('durable webhook, function key', `${webhook}?code=${keys.function}`);
    await get('durable webhook, master', `${webhook}?code=${keys.master}`);
  },
  webAnswers: async (run) => {
    const shapes = ['nothing', 'empty', 'text', 'json', 'jsonNull', 'bytes', 'status', 'bare', 'redirect', 'cookies'];
    for (const kind of [...shapes, 'html', 'string', 'unknownKind'])
      run.note(kind, await run.web('GET', `/api/answers/${kind}`));
    run.note('throws', await run.web('GET', '/api/broken'));
  },
  webBodies: async (run) => {
    const post = async (note: string, path: string, options: Parameters<CaseRun['web']>[2]): Promise<void> =>
      run.note(note, await run.web('POST', path, options));
    await post('bytes', '/api/raw', { body: new Uint8Array([0, 255, 1, 254]), headers: bytesType });
    await post('2 MB', '/api/raw', { body: new Uint8Array(2_000_000), headers: bytesType });
    await post('empty', '/api/raw', {});
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    await post('form', '/api/form', { body: 'a=1&b=%C4%8D', headers: form });
    const parts = new FormData();
    parts.set('t', 'x');
    parts.set('f', new Blob(['hello']), 'f.txt');
    await post('multipart', '/api/form', { body: parts });
    const charset = { 'content-type': 'application/json; charset=utf-8' };
    await post('json with charset', '/api/hello/x', { body: '{"a":"č"}', headers: charset });
  },
  webAdmin: async (run) => {
    const master = `code=${run.keys.master}`;
    const timer = '/admin/functions/yearly';
    run.note('status, none', await run.web('GET', '/admin/host/status'));
    const { status, body } = await run.web('GET', `/admin/host/status?${master}`);
    const { state, ...rest } = body as Record<string, unknown>;
    run.note('status', { status, state, keys: Object.keys(rest).includes('version') });
    const empty = { body: '{}', headers: json };
    run.note('run timer, none', await run.web('POST', timer, empty));
    run.note('run timer', await run.web('POST', `${timer}?${master}`, empty));
    run.note('run timer without type', await run.web('POST', `${timer}?${master}`));
    run.note('run unknown', await run.web('POST', `/admin/functions/nowhere?${master}`, empty));
    await sleep(2500);
    const seen = await happened(run);
    run.note(
      'timer got',
      seen.find((one) => typeof one !== 'string' && one.timer !== undefined),
    );
    run.note('the other timer fires by itself', seen.includes('often'));
  },
  webEventGrid: async (run) => {
    const webhook = (name: string): string => `/runtime/webhooks/EventGrid?functionName=${name}`;
    const url = `${webhook('grid')}&code=${run.keys.eventGrid}`;
    const as = (type?: string): Record<string, string> => ({ ...json, ...(type ? { 'aeg-event-type': type } : {}) });
    const notification = as('Notification');
    const event = (id: string, data: object = { n: 1 }): object => ({
      id: `${run.id}-${id}`,
      topic: '/t',
      subject: 's',
      eventType: 'a.b',
      eventTime: '2026-01-01T00:00:00Z',
      data,
      dataVersion: '1',
      metadataVersion: '1',
    });
    const cloud = (id: string, data: object = { n: 1 }): object => ({
      specversion: '1.0',
      id: `${run.id}-${id}`,
      source: '/s',
      type: 'a.b',
      time: '2026-01-01T00:00:00Z',
      datacontenttype: 'application/json',
      data,
    });
    const post = async (note: string, path: string, body: unknown, headers: Record<string, string>): Promise<void> =>
      run.note(
        note,
        await run.web('POST', path, { body: typeof body === 'string' ? body : JSON.stringify(body), headers }),
      );
    const refuse = { refuse: true };
    const validation = {
      ...event('v'),
      eventType: 'Microsoft.EventGrid.SubscriptionValidationEvent',
      data: { validationCode: 'the-code', validationUrl: 'https://example.org/v' },
    };
    await post('no key', webhook('grid'), [event('x')], notification);
    await post('validation', url, [validation], as('SubscriptionValidation'));
    await post('one', url, [event('one')], notification);
    await post('two', url, [event('two-a'), event('two-b')], notification);
    await post('refused by the function', url, [event('r', refuse)], notification);
    await post('one of two refused', url, [event('half'), event('r2', refuse)], notification);
    await post('no event type header', url, [event('n')], as());
    await post('not JSON', url, '{nope', notification);
    await post('empty list', url, [], notification);
    await post('an object, not a list', url, event('o'), notification);
    const unknown = `${webhook('nowhere')}&code=${run.keys.eventGrid}`;
    await post('unknown function', unknown, [event('u')], notification);
    await post('unsubscribe', url, '', as('Unsubscribe'));
    run.note('GET', await run.web('GET', url));
    const handshake = { 'webhook-request-origin': 'eventgrid.azure.net', 'webhook-request-rate': '120' };
    run.note('CloudEvents handshake', await run.web('OPTIONS', url, { headers: handshake }));
    const one = { 'content-type': 'application/cloudevents+json; charset=utf-8', 'aeg-event-type': 'Notification' };
    await post('CloudEvent', url, cloud('ce'), one);
    await post('CloudEvent, bare', url, cloud('cb'), { 'content-type': 'application/cloudevents+json' });
    const batch = { 'content-type': 'application/cloudevents-batch+json', 'aeg-event-type': 'Notification' };
    await post('CloudEvents batch', url, [cloud('b1'), cloud('b2')], batch);
    await sleep(800);
    const seen = (await happened(run)).flatMap((each) =>
      typeof each !== 'string' && each.event?.id.startsWith(run.id) === true ? [each] : [],
    );
    const ending = (suffix: string): unknown => seen.find((each) => each.event?.id.endsWith(suffix));
    const delivered = seen.map((each) => each.event?.id ?? '');
    run.note('delivered', delivered.sort());
    run.note('an event as the function gets it', ending('-one'));
    run.note('a CloudEvent as the function gets it', ending('-ce'));
  },
};
