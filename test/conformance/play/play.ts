/** Runs a script against a host. */
import { isDeepStrictEqual } from 'node:util';

import { isEnded, sleep, type Answer, type Case, type CaseRun } from '../run/caseRun.js';
import { untilRest } from './rest.js';
import type { Action, RaisedEvent, Script } from './script.js';

/** How long an action is given to have an effect that is visible. */
const effect = 1000;

export const play =
  ({ orchestrator, input, actions = [], atOnce }: Script): Case =>
  async (run) => {
    const steps = notes(run);
    run.alsoFinal('');
    await run.start(orchestrator, input);
    if (atOnce !== true) await untilRest(run);
    for (const action of actions) {
      const child = action.child ?? '';
      const answers = await act(run, action);
      for (const answer of answers) steps(nameOf(action), answer);
      // Nothing waits for what only reads, or was refused.
      const changed = action.do !== 'query' && action.do !== 'readEntity';
      if (changed) steps('then', (await untilRest(run, child, effect))?.runtimeStatus ?? 'none');
    }
    await tidy(run, steps);
  };

type Note = (name: string, value: unknown) => void;

/** Notes whose names may repeat. */
function notes(run: CaseRun): Note {
  let count = 0;
  return (name, value) => run.note(`${(count += 1)} ${name}`, value);
}

const nameOf = (action: Action): string => {
  if (action.do === 'manage') return action.how;
  return action.do === 'raise' ? `raise ${action.event}` : action.do;
};

async function act(run: CaseRun, action: Action): Promise<unknown[]> {
  const child = action.child ?? '';
  const id = run.id + child;
  const raise = ({ event, value }: RaisedEvent): Promise<unknown> => run.raise(encodeURIComponent(event), value, child);
  switch (action.do) {
    case 'raise':
      return [
        await (action.byClient === true ? run.client('raiseEvent', id, action.event, action.value) : raise(action)),
      ];
    case 'burst': {
      const answers: unknown[] = [];
      for (const event of action.events) answers.push(await raise(event));
      return answers;
    }
    case 'manage': {
      const query = action.reason === undefined ? '' : `reason=${encodeURIComponent(action.reason)}`;
      return [
        await (action.byClient === true
          ? run.client(action.how, id, action.reason ?? 'why')
          : run.http('POST', run.instance(`/${action.how}`, query, child))),
      ];
    }
    case 'restart':
      return [await restart(run, child, action.fresh)];
    case 'purge':
      return [await run.http('DELETE', run.instance('', '', child))];
    case 'start':
      return [
        await (action.byHook === true
          ? run.http('POST', `${run.hook}/orchestrators/${action.orchestrator}/${id}?${run.code}`, {
              json: action.input,
            })
          : run.http('POST', `${run.base}/api/start/${action.orchestrator}`, { json: { id, input: action.input } })),
      ];
    case 'query':
      return [await run.http('GET', run.instance('', action.query, child))];
    case 'signal':
      return [
        await run.http('POST', `${run.hook}/entities/Box/${id}-${action.key}?op=${action.operation}&${run.code}`, {
          json: action.value,
        }),
      ];
    case 'readEntity':
      return [await calmly(() => run.http('GET', `${run.hook}/entities/Box/${id}-${action.key}?${run.code}`))];
  }
}

/** Reads until the answer has stayed the same: what entities have been told shows in no history. */
async function calmly(read: () => Promise<Answer>): Promise<Answer> {
  let answer = await read();
  for (let tries = 0, same = 0; tries < 40 && same < 5; tries += 1) {
    await sleep(250);
    const now = await read();
    same = now.status === answer.status && isDeepStrictEqual(now.body, answer.body) ? same + 1 : 0;
    answer = now;
  }
  return answer;
}

/** Restarts the instance; one with a new id is ended when it is at rest. */
async function restart(run: CaseRun, child: string, fresh: boolean | undefined): Promise<unknown> {
  const query = fresh === undefined ? '' : `restartWithNewInstanceId=${fresh}`;
  const answer = await run.http('POST', run.instance('/restart', query, child));
  const { statusQueryGetUri: status, terminatePostUri: terminate } = (answer.body ?? {}) as Record<string, unknown>;
  if (fresh === false || typeof status !== 'string' || typeof terminate !== 'string') return answer;
  const id = new URL(status).pathname.split('/').at(-1) ?? '';
  const last = await untilRest(run, child, 0, decodeURIComponent(id));
  if (last !== undefined && !isEnded(last)) await run.http('POST', terminate.replace('{text}', 'tidy'));
  const { runtimeStatus: is, output, input } = last ?? {};
  return { ...answer, again: { is, input, output } };
}

/** Ends what still runs, so that its last status is the last. */
async function tidy(run: CaseRun, steps: Note): Promise<void> {
  const status = await untilRest(run);
  if (status === undefined || isEnded(status)) return;
  steps('stays', { runtimeStatus: status.runtimeStatus, customStatus: status.customStatus });
  await run.http('POST', run.instance('/terminate', 'reason=tidy'));
  await run.until(isEnded);
}
