import type { RowReason } from '@connected-registry/protocol/answers/rolloutAnswers';
import type { ClientReference } from '@connected-registry/protocol/names/clientKey';
import type { SlotName } from '@connected-registry/protocol/registry/slots';
import type { Verdict } from './verdict.js';

/** The token that a client of a fleet file with `adopt` names. */
export interface Adoption {
  readonly token: string;
  /** Fingerprint of what the plan saw of it; absent if the connected registry lists no unmanaged token of this name. */
  readonly seen?: string;
  /** What the adoption does to it: `takes password2, keeps its scope map`. */
  readonly how?: string;
  /** Slots whose passwords of others keep working, until somebody removes them by hand. */
  readonly working?: readonly SlotName[];
}

/** One client of a plan. */
export interface PlanEntry extends Verdict, ClientReference {
  readonly key: string;
  /** Where the file has it; absent if it does not. */
  readonly place?: string;
  /** Fingerprint of what the plan saw of it; absent if it was not there. */
  readonly seen?: string;
  /** Whether that included its identity, which is read again before the plan is carried out. */
  readonly sawIdentity?: true;
  /** What would be written, in order, by the app's dry run. */
  readonly writes?: readonly string[];
  /** Codes of problems for which it would be refused, by the same. */
  readonly problems?: readonly string[];
  /** The same with message and fix, as far as the app has them. */
  readonly refusals?: readonly RowReason[];
  /** The token of others that its row may take over. */
  readonly adopts?: Adoption;
}
