/** Operations of the entity of programs (entity.ts), and one that it does not know. */
export const entityOperations = [
  ['set', 'add', 'get', 'getOr', 'describe', 'describeState', 'make', 'keep', 'throw', 'setThenThrow'],
  ['returnThenThrow', 'delete', 'deleteThenReturn', 'deleteThenSet', 'setThenDelete', 'returnTwice', 'idle', 'tell'],
  ['about', 'unknown'],
].flat();
