import type { JSX } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import { check, offboard, recheck, revoke, rotate, type ActionClient } from './client/clientRequests.js';
import type { Action } from './dialog/action.js';
import { ActionDialog } from './dialog/actionDialog.js';
import { Openers, type Opened } from './dialog/opener.js';

/** What may be done to a client that has a credential. */
export function ClientActions({ client }: { readonly client: ActionClient }): JSX.Element {
  const { key, registry, connectedRegistry, client: id } = client;
  const openers = useMemo<readonly Opened[]>(() => {
    const named = { key, registry, connectedRegistry, client: id };
    return [
      { label: 'Rotate', Dialog: ({ onClosed }) => <RotateDialog client={named} onClosed={onClosed} /> },
      opener(recheck(named)),
      opener(check(named)),
      opener(revoke(named)),
      opener(offboard(named)),
    ];
  }, [key, registry, connectedRegistry, id]);
  return <Openers label="Actions" openers={openers} />;
}

function opener(action: Action): Opened {
  return {
    label: action.name,
    ...(action.isDanger === true ? { isDanger: true } : {}),
    Dialog: ({ onClosed }) => <ActionDialog action={action} onClosed={onClosed} />,
  };
}

function RotateDialog({
  client,
  onClosed,
}: {
  readonly client: ActionClient;
  readonly onClosed: () => void;
}): JSX.Element {
  const [isUrgent, setIsUrgent] = useState(false);
  return (
    <ActionDialog
      action={rotate(client, isUrgent)}
      onClosed={onClosed}
      choices={
        <p>
          <label class="choice">
            <input
              type="checkbox"
              checked={isUrgent}
              onChange={({ currentTarget }) => setIsUrgent(currentTarget.checked)}
            />
            The password in use is compromised: replace it at once
          </label>
        </p>
      }
    />
  );
}
