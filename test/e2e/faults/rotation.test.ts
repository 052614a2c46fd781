import { matrixOf, thinned } from './matrix.js';
import { rotationSubjects } from './rotation.js';

const { ordinary, urgent, sweep, undo } = rotationSubjects();

matrixOf([ordinary, urgent, sweep, undo], {
  promise: 'a password works and is where it is said to be, and what is to die is dead or due',
  lanes: 1,
  recordings: 1,
  choose: thinned,
});
