import { describe } from 'vitest';
import { matrixOf } from '../e2e/faults/matrix.js';
import { PROMISES, rotationSubjects } from '../e2e/faults/rotation.js';

const { ordinary, undo, urgent, urgentUndo, sweep } = rotationSubjects();

describe.each([
  ['a rotation', PROMISES.rotation, ordinary],
  ['the undo of a rotation', PROMISES.rotation, undo],
  ['an urgent rotation', PROMISES.urgent, urgent],
  ['the undo of an urgent rotation', PROMISES.urgent, urgentUndo],
  ['a sweep that revokes old passwords', PROMISES.sweep, sweep],
] as const)('every call of %s, times every fault', (_, promise, subject) => {
  matrixOf([subject], { promise, lanes: 3, choose: (trials) => trials });
});
