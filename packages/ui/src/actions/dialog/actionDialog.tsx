import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useId, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { FaultText } from '../../parts/fault.js';
import { Code } from '../../parts/text.js';
import type { Action } from './action.js';
import { Modal } from './modal.js';
import { OutcomeView, SendFault } from './outcomeView.js';
import { PlanView, wouldBeRefused } from './planView.js';
import { useStage, type Stage } from './stage.js';

/**
 * Shows what an action would do, asks, does it, and shows what came of it.
 *
 * @param choices changes the action; its name and title say which one it is, so another one is planned anew
 */
export function ActionDialog({
  action,
  choices,
  onClosed,
}: {
  readonly action: Action;
  readonly choices?: ComponentChildren;
  readonly onClosed: () => void;
}): JSX.Element {
  const { stage, makePlan, carryOut } = useStage();
  const { name, title, about, help, isDanger, typed, look } = action;
  const [given, setGiven] = useState('');
  const end = useRef<HTMLButtonElement>(null);
  const isSending = stage.kind === 'sending';
  const isDone = stage.kind === 'done';
  const plan = () => makePlan(action.plan);
  // Before the next click: the plan of another choice must not be confirmed with this action.
  useLayoutEffect(plan, [title]);
  // The button that was pressed is gone.
  useEffect(() => {
    if (isDone) end.current?.focus();
  }, [isDone]);

  return (
    <Modal title={title} isBusy={isSending} onClosed={onClosed}>
      <form
        method="dialog"
        onSubmit={(event) => {
          if (isDone) return;
          event.preventDefault();
          carryOut(action.send);
        }}
      >
        <p>
          <Code of={about} />
        </p>
        {!isDone && <p>{help}</p>}
        {!isDone && choices}
        <Progress stage={stage} onRetry={plan} look={look} />
        {typed !== undefined && mayConfirm(stage) && (
          <Typed text={typed} given={given} onGiven={setGiven} isOff={isSending} />
        )}
        <div class="buttons">
          {isDone ? (
            <button ref={end} type="submit" class="button second">
              Close
            </button>
          ) : (
            <>
              <button
                type="submit"
                class={isDanger === true ? 'button danger' : 'button'}
                disabled={!mayConfirm(stage) || isSending || (typed !== undefined && given !== typed)}
              >
                {isSending ? 'Sending …' : stage.kind === 'failed' ? `${name} again` : name}
              </button>
              <CloseButton isOff={isSending} />
            </>
          )}
        </div>
      </form>
    </Modal>
  );
}

/** Whether there is a plan that the app would carry out. */
export function mayConfirm(stage: Stage): boolean {
  return 'plan' in stage && !wouldBeRefused(stage.plan);
}

/** Closes the dialog and does nothing. */
export function CloseButton({ isOff }: { readonly isOff: boolean }): JSX.Element {
  return (
    <button
      type="button"
      class="button second"
      disabled={isOff}
      onClick={({ currentTarget }) => currentTarget.closest('dialog')?.close()}
    >
      Close without doing it
    </button>
  );
}

/** The plan, and how far the action is. */
export function Progress({
  stage,
  look,
  onRetry,
}: {
  readonly stage: Stage;
  readonly look: Action['look'];
  readonly onRetry?: () => void;
}): JSX.Element {
  return (
    <>
      <div role="status">
        {stage.kind === 'planning' && <p class="quiet">Asking the app for the plan …</p>}
        {stage.kind === 'done' && <OutcomeView outcome={stage.outcome} />}
      </div>
      {'plan' in stage && <PlanView plan={stage.plan} />}
      {stage.kind === 'unplanned' && (
        <div class="notice bad" role="alert">
          <FaultText fault={stage.fault} />
          <p>There is no plan, and nothing was changed.</p>
          {onRetry !== undefined && (
            <button type="button" class="button second" onClick={onRetry}>
              Plan again
            </button>
          )}
        </div>
      )}
      {stage.kind === 'failed' && <SendFault fault={stage.fault} look={look} />}
    </>
  );
}

function Typed({
  text,
  given,
  isOff,
  onGiven,
}: {
  readonly text: string;
  readonly given: string;
  readonly isOff: boolean;
  readonly onGiven: (text: string) => void;
}): JSX.Element {
  const id = useId();
  return (
    <p class="field">
      <label for={id}>
        Type <Code of={text} /> to confirm
      </label>
      <input
        id={id}
        value={given}
        disabled={isOff}
        autocomplete="off"
        autocapitalize="off"
        spellcheck={false}
        onInput={({ currentTarget }) => onGiven(currentTarget.value)}
      />
    </p>
  );
}
