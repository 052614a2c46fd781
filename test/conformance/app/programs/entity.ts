/** The entity that programs use: one operation for each thing that an entity may do with its state and its answer. */
import * as df from 'durable-functions';

import { throwOdd, type OddError } from './oddErrors.js';
import { described, oddValue, type OddValue } from './oddValues.js';

type Entity = df.EntityContext<unknown>['df'];

const operations: Record<string, (entity: Entity) => void> = {
  set: (entity) => entity.setState(entity.getInput()),
  add: (entity) => {
    const sum = Number(entity.getState(() => 0) ?? 0) + Number(entity.getInput() ?? 0);
    entity.setState(sum);
    entity.return(sum);
  },
  get: (entity) => entity.return(entity.getState()),
  getOr: (entity) => entity.return(entity.getState(() => 'initial')),
  describe: (entity) => entity.return(described(entity.getInput())),
  describeState: (entity) => entity.return(described(entity.getState())),
  make: (entity) => entity.return(oddValue(entity.getInput() as OddValue)),
  keep: (entity) => {
    entity.setState(oddValue(entity.getInput() as OddValue));
    entity.return('kept');
  },
  throw: (entity) => throwOdd(entity.getInput() as OddError),
  setThenThrow: (entity) => {
    entity.setState('changed');
    throw new Error('after set');
  },
  returnThenThrow: (entity) => {
    entity.return('given');
    throw new Error('after return');
  },
  delete: (entity) => entity.destructOnExit(),
  deleteThenReturn: (entity) => {
    entity.destructOnExit();
    entity.return('deleted');
  },
  deleteThenSet: (entity) => {
    entity.destructOnExit();
    entity.setState('again');
  },
  setThenDelete: (entity) => {
    entity.setState('x');
    entity.destructOnExit();
  },
  returnTwice: (entity) => {
    entity.return('one');
    entity.return('two');
  },
  idle: () => undefined,
  tell: (entity) => entity.signalEntity(new df.EntityId('Box', `${entity.entityKey}-told`), 'add', 5),
  about: (entity) =>
    entity.return({
      name: entity.entityName,
      key: entity.entityKey,
      operation: entity.operationName ?? null,
      isNew: entity.isNewlyConstructed,
    }),
};

df.app.entity('Box', ({ df: entity }) => {
  const operation = operations[entity.operationName ?? ''];
  if (operation === undefined) entity.return({ unknown: entity.operationName ?? null });
  else operation(entity);
});
