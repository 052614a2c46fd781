import { CaseRun, type Case, type Target } from './caseRun.js';
import { normaliser } from './normalise.js';
import type { TurnReader } from './turns.js';
import { viewOf, type Seen, type View } from './view.js';

/** Runs one case; what fails in it is part of what was seen. */
export async function seenIn(name: string, run: Case | undefined, target: Target, reader: TurnReader): Promise<View> {
  const caseRun = new CaseRun(name, target);
  let failure: string | undefined;
  const note = (error: unknown): void => {
    failure ??= error instanceof Error ? error.message : String(error);
  };
  await run?.(caseRun).catch(note);
  const final = await caseRun.finals().catch((error: unknown) => {
    note(error);
    return {};
  });
  const raw = { notes: caseRun.notes, final, turns: await reader.of(caseRun.id) };
  const clean = normaliser(target)({ ...raw, ...(failure === undefined ? {} : { failure }) });
  return viewOf(clean as Seen);
}
