import type { ComponentType, JSX } from 'preact';
import { useState } from 'preact/hooks';

/** A button, and the dialog that it opens. */
export interface Opened {
  readonly label: string;
  readonly isDanger?: true;
  readonly Dialog: ComponentType<{ readonly onClosed: () => void }>;
}

/** A row of buttons. The dialog stays when its button goes, as when what it was for has been done. */
export function Openers({
  label,
  openers,
}: {
  readonly label: string;
  readonly openers: readonly Opened[];
}): JSX.Element {
  const [open, setOpen] = useState<Opened>();
  return (
    <div class="buttons" role="group" aria-label={label}>
      {openers.map((opener) => (
        <button
          key={opener.label}
          type="button"
          class={opener.isDanger === true ? 'button second danger-text' : 'button second'}
          aria-haspopup="dialog"
          onClick={() => setOpen(opener)}
        >
          {opener.label}
        </button>
      ))}
      {open !== undefined && <open.Dialog onClosed={() => setOpen(undefined)} />}
    </div>
  );
}
