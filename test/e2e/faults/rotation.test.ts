import { thinned, writesOnly } from './choices.js';
import { matrixOf } from './matrix.js';
import { rotationSubjects } from './rotation.js';

const { ordinary, urgent } = rotationSubjects();

// `npm run test:long` has the sweep and both undos, too.
matrixOf([ordinary, { ...urgent, choose: writesOnly }], {
  invariant: 'a password works and is where it is said to be, and what is to die is dead or due',
  lanes: 1,
  recordings: 1,
  sharing: true,
  choose: thinned,
});
