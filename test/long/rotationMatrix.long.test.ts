import { describe } from 'vitest';
import { all } from '../e2e/faults/choices.js';
import { matrixOf } from '../e2e/faults/matrix.js';
import { INVARIANTS, rotationSubjects } from '../e2e/faults/rotation.js';

const { ordinary, undo, urgent, urgentUndo, sweep } = rotationSubjects();

describe.each([
  ['a rotation', INVARIANTS.rotation, ordinary],
  ['the undo of a rotation', INVARIANTS.rotation, undo],
  ['an urgent rotation', INVARIANTS.urgent, urgent],
  ['the undo of an urgent rotation', INVARIANTS.urgent, urgentUndo],
  ['a sweep that revokes old passwords', INVARIANTS.sweep, sweep],
] as const)('every call of %s, times every fault', (_, invariant, subject) => {
  matrixOf([subject], { invariant, lanes: 3, choose: all });
});
