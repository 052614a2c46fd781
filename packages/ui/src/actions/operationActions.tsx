import type { Operation, RunningOperation } from '@connected-registry/protocol/answers/answers';
import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import type { Action, Plan } from './dialog/action.js';
import { ActionDialog } from './dialog/actionDialog.js';
import { startedOf } from './dialog/answers.js';
import { Openers, type Opened } from './dialog/opener.js';

/** What may be done to a run: while it is under way, it may be asked to stop. */
export function OperationActions({
  operation: { id, kind, status },
}: {
  readonly operation: Pick<Operation, 'id' | 'kind' | 'status'>;
}): JSX.Element {
  const isCancellable = status === 'running' && kind !== 'offboard' && kind !== 'revoke';
  const openers = useMemo<readonly Opened[]>(
    () =>
      isCancellable
        ? [
            {
              label: 'Cancel the run',
              isDanger: true,
              Dialog: (props) => <ActionDialog action={cancelRun(id)} {...props} />,
            },
          ]
        : [],
    [id, isCancellable],
  );
  return <Openers label="Actions" openers={openers} />;
}

function cancelRun(id: string): Action {
  const path = `operations/${encodeURIComponent(id)}`;
  return {
    name: 'Cancel the run',
    title: 'Cancel the run',
    about: id,
    help: 'Asks the run to stop.',
    isDanger: true,
    look: { to: ['operations', id], shows: 'the operation' },
    plan: async (api) => cancelPlan(await api.readOnce<Operation>(path)),
    send: async (api) => ({
      sentence: 'The run was asked to stop.',
      operation: startedOf(await api.send<RunningOperation>('POST', `${path}/cancel`)),
    }),
  };
}

/** What a run would do that is asked to stop. */
export function cancelPlan({ status, steps }: Pick<Operation, 'status' | 'steps'>): Plan {
  if (status !== 'running')
    return { sentences: [`The run has already ended: ${status}. There is nothing to cancel.`], isImpossible: true };
  const done = steps.filter((step) => step.status === 'completed').map(({ name }) => name);
  return {
    sentences: [
      done.length === 0
        ? 'No step has completed yet, so there is nothing to undo.'
        : `The run undoes what it has made in these steps, the last one first: ${done.toReversed().join(', ')}.`,
      'It ends as rolledBack with the code cancelled. A run that is already promoting its credential completes instead.',
    ],
  };
}
