import type { Step } from '../app/programs/program.js';
import { play } from '../play/play.js';
import { sendAll, type SentRequest } from '../play/requests.js';
import type { Action } from '../play/script.js';
import type { Case } from '../run/caseRun.js';
import type { Cases } from './plain.js';

const program = (...steps: Step[]): Case => play({ orchestrator: 'program', input: { steps } });
const guarded = (...steps: Step[]): Step => ({ op: 'try', steps });

/** Messages that look like the structured failure of an exception properties provider. */
const failures = [
  '{}',
  '{ }',
  '{"errorMessage":"Y","errorType":"X"}',
  '{"errorType":null}',
  '{"errorType":1,"errorMessage":"Y"}',
  '{"errorType":"X","errorMessage":"Y","z":1}',
  '{"ErrorType":"X"}',
  ' {"errorType":"X"}',
  '{"errorMessage":"Y","innerFailure":{"errorType":"I"},"isNonRetriable":true,"properties":{"a":1}}',
];

/** Messages with what the host looks for in the text of a failure. */
const marked = [
  'x\n\n$OutOfProcData$:{"isDone":true}',
  'x\n\n$OutOfProcData$',
  'x\n$OutOfProcData$:',
  'a\n\n$OutOfProcData$:b\nStack: c',
  'a\nStack: b\n\n$OutOfProcData$:c',
  'a\n\n\n$OutOfProcData$:b',
];

const suspend: Action = { do: 'manage', how: 'suspend', reason: 'held' };
const resume: Action = { do: 'manage', how: 'resume' };
const go: Action = { do: 'raise', event: 'go', value: 1 };
const look: Action = { do: 'query', query: 'showInput=false' };
const waiting: Step = { op: 'event', name: 'go' };

const post = (path: string, type: string, body: string): SentRequest => ({
  method: 'POST',
  path: `${path}${path.includes('?') ? '&' : '?'}<code>`,
  headers: [['content-type', type]],
  body,
});
const start = '<hook>/orchestrators/describes/<id>';
const form = 'application/x-www-form-urlencoded';
const get = (path: string, ...headers: (readonly [string, string])[]): SentRequest => ({
  method: 'GET',
  path,
  headers,
});

/** The smallest cases of what `npm run fuzz:host` has found. */
export const drawn: Cases = {
  drawnFailures: program(...failures.map((input) => guarded({ op: 'activity', name: 'fail', input }))),
  drawnMarks: program(
    ...marked.map((input) => guarded({ op: 'activity', name: 'fail', input })),
    guarded({ op: 'entity', key: 'a', operation: 'throw', input: 'marked' }),
  ),
  drawnDeepEntity: play({
    orchestrator: 'program',
    input: { steps: [{ op: 'entity', key: 'a', operation: 'keep', input: 'depth70' }] },
    actions: [{ do: 'readEntity', key: 'a' }],
  }),
  drawnErrors: program(
    guarded({ op: 'activity', name: 'breaks', input: 'bigint' }),
    guarded({ op: 'activity', name: 'breaks', input: 'emptyObject' }),
    guarded({ op: 'entity', key: 'a', operation: 'throw', input: 'bigint' }),
  ),
  drawnOutputOfTerminated: play({
    orchestrator: 'program',
    input: { steps: [waiting] },
    actions: [suspend, { do: 'manage', how: 'terminate' }, look],
  }),
  drawnOutputOfCompleted: play({
    orchestrator: 'program',
    input: { steps: [waiting, { op: 'return' }] },
    actions: [suspend, resume, look, go, look],
  }),
  drawnOutputOfContinued: play({
    orchestrator: 'generations',
    input: { generations: [[waiting], [waiting]] },
    actions: [suspend, { do: 'manage', how: 'resume', reason: 'on' }, go, look, go],
  }),
  drawnUnfinished: sendAll({
    bodies: ['[', '[1', '[1,', '[[1', '[{"a":1', '{', '{"a":', '{"a":1', '{"a":{', '{"a":[1'],
  }),
  drawnEmpty: sendAll({ bodies: ['', ' ', '\n', '\uFEFF'] }),
  drawnTexts: sendAll({
    bodies: [
      '08',
      '{"a"/* c */:1}',
      'tRuE',
      'nul',
      '-Infinitx',
      '{"b":\u0085true}',
      '{"b":\uFEFFtrue}',
      '[1 2]',
      '{"a":1,,"b":2}',
    ],
  }),
  drawnMetadata: sendAll({
    bodies: [
      '{"$type":null}',
      '{"$type":{"a":1}}',
      '{"$type":1,"a":2}',
      '{"$type":/* c */"x","b":1}',
      '{"$id":{"a":1}}',
      '{"$id":[1],"b":1}',
      '{"$id":{"a":[01]},"b":',
      '{"$id":null,"b":1}',
    ],
  }),
  drawnReferences: sendAll({
    bodies: [
      '{"$ref":1}',
      '{"$ref":"1","a":1}',
      '{"$ref":null,"a":1}',
      '{"$values":[1]}',
      '{"$values":[1],"a":1}',
      '{"$values":1/* c */}',
      '{/* c */"$type":null}',
      '{"$id":"1"/* c */,"$type":null}',
    ],
  }),
  drawnEntityPages: sendAll({
    requests: [get('<hook>/entities/Nobody?<code>&top=-1'), get('<hook>/entities?<code>&top=-1')],
  }),
  drawnSeparators: program({ op: 'entity', key: 'a', operation: 'make', input: 'lineEnds' }),
  drawnPaths: sendAll({ bodies: ['{"":{"a":[1 2]}}', '{"a b":[1 2]}', '{"a":{"b\'":{"c":x}}}'] }),
  drawnUnreadableBuffered: play({
    orchestrator: 'program',
    input: { steps: [{ op: 'event', name: 'x' }, waiting] },
    actions: [
      { do: 'raise', event: 'go', value: { $ref: 1 } },
      { do: 'raise', event: 'x', value: 1 },
    ],
  }),
  drawnEnds: sendAll({ bodies: ['[1}', '[[1}', '{"a":1]', '{"a":]', '{"a":[1}', '[1)', ')', ']', '{"a":)', '[1,}'] }),
  drawnNames: sendAll({
    bodies: ['{a.b:1}', '{a', '{a b:1}', '{a/* c */:1}', '{5./* c */:1}', '{½:1}', '{"a":1\r\n,\r"b":x}', '["\r",\nx]'],
  }),
  drawnDatesOfFailures: program(
    { op: 'status', input: { Timestamp: '2020-01-01T00:00:00.250+01:00', list: ['2020-01-01T00:00:00.2', 'x'] } },
    guarded({ op: 'activity', name: 'breaks', input: 'date' }),
    { op: 'child', named: true, steps: [{ op: 'throw', error: 'date' }] },
  ),
  drawnForms: sendAll({
    requests: [
      post(`${start}-a`, form, 'a=1'),
      post(`${start}-b`, 'multipart/form-data; boundary=x', '--x--'),
      post('<hook>/entities/Box/<id>?op=set', form, 'a=1'),
      post('/api/mirror/a', form, 'a=1'),
      { method: 'POST', path: `${start}-c?<code>` },
    ],
  }),
  drawnPages: sendAll({
    requests: [
      get('<hook>/instances?<code>&top=-1'),
      get('<hook>/instances?<code>&instanceIdPrefix=<id>-none&top=0'),
      get('<hook>/entities?<code>&lastOperationTimeTo=2020-01-01T00:00:00Z'),
    ],
  }),
  drawnHeaders: sendAll({
    requests: [get('/api/mirror/1', ['x-odd', 'é'], ['x-odd', ' a  b ']), get('/api/mirror/č')],
  }),
  drawnDates: sendAll({
    requests: ['1.5', '13.5', '2-30', '2-29', '1/5', '1.5.2020', '2020.01.05', '5', '2020-13-01'].map((day) =>
      get(`/api/dated/${day}`),
    ),
  }),
};
