import type { Problem } from '../../domain/operations/operation.js';
import { refusing } from '@connected-registry/protocol/answers/problems';
import { StepFailed } from './flow.js';

/** Preflight found something that must be changed first. */
export class PreflightRefused extends StepFailed {
  constructor(readonly problems: readonly Problem[]) {
    const [first] = refusing(problems);
    const more = problems.length > 1 ? ` And ${problems.length - 1} more problem(s): see problems.` : '';
    super('preflight', `${first?.message ?? ''}${more}`);
  }
}
