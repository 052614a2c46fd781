import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';

/**
 * The browser's own dialog: it takes the focus, keeps it, and gives it back to what had it. Escape closes it, unless
 * something is being sent whose outcome nobody would see.
 */
export function Modal({
  title,
  isBusy,
  onClosed,
  children,
}: {
  readonly title: string;
  readonly isBusy: boolean;
  readonly onClosed: () => void;
  readonly children: ComponentChildren;
}): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  useEffect(() => {
    const shown = dialog.current;
    shown?.showModal();
    return () => shown?.close();
  }, []);
  return (
    <dialog
      ref={dialog}
      aria-labelledby={titleId}
      aria-busy={isBusy}
      onCancel={(event) => {
        if (isBusy) event.preventDefault();
      }}
      onClose={() => {
        // A second Escape closes a dialog whatever the page says.
        if (isBusy && dialog.current?.isConnected === true) dialog.current.showModal();
        else closed(onClosed);
      }}
      onClick={({ target }) => {
        if (target instanceof Element && target.closest('a') !== null) dialog.current?.close();
      }}
    >
      <h2 id={titleId}>{title}</h2>
      {children}
    </dialog>
  );
}

function closed(onClosed: () => void): void {
  // What opened it may be gone: then the focus goes to where the view begins.
  if (document.activeElement === null || document.activeElement === document.body)
    document.querySelector<HTMLElement>('main h1')?.focus({ preventScroll: true });
  onClosed();
}
