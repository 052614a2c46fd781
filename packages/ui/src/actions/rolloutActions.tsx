import type { Rollout } from '@connected-registry/protocol/answers/rolloutAnswers';
import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import { ActionDialog } from './dialog/actionDialog.js';
import { Openers, type Opened } from './dialog/opener.js';
import { commandsFor, rolloutAction } from './rollout/rolloutCommands.js';

/** What may be done to a rollout in its status. */
export function RolloutActions({
  rollout,
}: {
  readonly rollout: Pick<Rollout, 'id' | 'name' | 'status' | 'counts' | 'dryRun'>;
}): JSX.Element {
  const { id, name } = rollout;
  const fitting = commandsFor(rollout).join(' ');
  const openers = useMemo<readonly Opened[]>(
    () =>
      commandsFor(rollout).map((command) => {
        const action = rolloutAction(id, name ?? id, command);
        return {
          label: action.name,
          ...(action.isDanger === true ? { isDanger: true } : {}),
          Dialog: (props) => <ActionDialog action={action} {...props} />,
        };
      }),
    // Counts change all the time; a dialog that is open stays the same.
    [id, name, fitting],
  );
  return <Openers label="Actions" openers={openers} />;
}
