/** Cases of single requests, each sent as it is: no client corrects its path or its headers. */
import { request as send } from 'node:http';

import { sleep, type Case, type CaseRun } from '../run/caseRun.js';
import { untilRest } from './rest.js';

/** `<hook>`, `<code>`, `<master>` and `<id>` in path and body stand for what differs from run to run. */
export interface SentRequest {
  readonly method: string;
  readonly path: string;
  readonly headers?: readonly (readonly [name: string, value: string])[];
  /** Sent in UTF-8, or latin1 where it is asked for. */
  readonly body?: string;
  readonly latin1?: true;
  /** If it is accepted: the case's instance comes to rest before the next request is sent. */
  readonly rest?: true;
}

/** Texts that are sent as the body of a start, of an event and of a signal to an entity. */
export interface Requests {
  readonly requests?: readonly SentRequest[];
  readonly bodies?: readonly string[];
}

/** Headers of how an answer is carried, and of who has sent it. */
const carriage = ['date', 'server', 'connection', 'keep-alive', 'transfer-encoding', 'content-length'];

export const sendAll =
  ({ requests = [], bodies = [] }: Requests): Case =>
  async (run) => {
    run.note('turns may differ', true);
    for (const [index, request] of requests.entries()) {
      const answer = await sendRaw(run, request);
      run.note(`${index} ${request.method} ${request.path}`, answer);
      if (request.rest === true && isAccepted(answer)) await untilRest(run);
    }
    await Promise.all(bodies.map((body, index) => sendBody(run, index, body)));
  };

const placed = (run: CaseRun, text: string): string =>
  text
    .replaceAll('<hook>', '/runtime/webhooks/durabletask')
    .replaceAll('<code>', run.code)
    .replaceAll('<master>', run.keys.master)
    .replaceAll('<id>', run.id);

/** A text as node writes it into the head of a request: as UTF-8. */
const bytesOf = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');

/** Sends one request and shows its answer. */
export function sendRaw(run: CaseRun, { method, path, headers = [], body, latin1 }: SentRequest): Promise<unknown> {
  const { hostname, port } = new URL(run.base);
  const sent = body === undefined ? undefined : Buffer.from(placed(run, body), latin1 === true ? 'latin1' : 'utf8');
  const lines = [
    ...headers.flatMap(([name, value]) => [name, bytesOf(placed(run, value))]),
    ...(headers.some(([name]) => name.toLowerCase() === 'host') ? [] : ['Host', `${hostname}:${port}`]),
    ...(sent === undefined ? [] : ['Content-Length', String(sent.length)]),
  ];
  return new Promise((resolve) => {
    const request = send({
      host: hostname,
      port,
      method,
      path: bytesOf(placed(run, path)),
      headers: lines,
      agent: false,
    });
    request.setTimeout(20_000, () => request.destroy(new Error('no answer')));
    request.on('error', ({ message }) =>
      resolve({ error: /socket hang up|ECONNRESET/.test(message) ? 'cut' : message }),
    );
    request.on('response', (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('error', () => resolve({ status: response.statusCode, cut: true }));
      response.on('end', () => {
        const { statusCode: status, headers: given } = response;
        const kept = Object.entries(given).filter(([name]) => !carriage.includes(name));
        resolve({
          status,
          headers: Object.fromEntries(kept),
          body: shown(Buffer.concat(parts), given['content-type']),
        });
      });
    });
    request.end(sent);
  });
}

function shown(bytes: Buffer, type = ''): unknown {
  const text = bytes.toString('utf8');
  if (!Buffer.from(text).equals(bytes)) return { base64: bytes.toString('base64') };
  if (/<html|<!doctype/i.test(text)) return '<page>';
  if (!type.includes('json')) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

async function sendBody(run: CaseRun, index: number, body: string): Promise<void> {
  const json = { headers: [['content-type', 'application/json']] as const, method: 'POST', body };
  const name = `${index}`;
  const started = await sendRaw(run, { ...json, path: `<hook>/orchestrators/describes/<id>-s${name}?<code>` });
  run.note(`${name} start`, isAccepted(started) ? await resultOf(run, `-s${name}`) : started);
  await run.startAs(`-e${name}`, 'describesEvent');
  await untilRest(run, `-e${name}`);
  const raised = await sendRaw(run, { ...json, path: `<hook>/instances/<id>-e${name}/raiseEvent/go?<code>` });
  if (!isAccepted(raised)) await run.raise('go', 'instead', `-e${name}`);
  run.note(`${name} event`, isAccepted(raised) ? await resultOf(run, `-e${name}`) : raised);
  const entity = `<hook>/entities/Box/<id>-${name}`;
  const signalled = await sendRaw(run, { ...json, path: `${entity}?op=set&<code>` });
  if (isAccepted(signalled)) await sleep(1500);
  run.note(`${name} signal`, signalled);
  run.note(`${name} entity`, await sendRaw(run, { method: 'GET', path: `${entity}?<code>` }));
}

const isAccepted = (answer: unknown): boolean =>
  typeof answer === 'object' && answer !== null && 'status' in answer && answer.status === 202;

async function resultOf(run: CaseRun, suffix: string): Promise<unknown> {
  const status = await untilRest(run, suffix, 300);
  const { runtimeStatus, input, output } = status ?? {};
  return { runtimeStatus, input, output };
}
