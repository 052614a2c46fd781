import * as df from 'durable-functions';

df.app.entity<number | string>('Counter', ({ df: entity }) => {
  const state = entity.getState(() => 0) ?? 0;
  switch (entity.operationName) {
    case 'add': {
      const input = entity.getInput<number | string>() ?? 0;
      const next = typeof state === 'number' && typeof input === 'number' ? state + input : `${state}${input}`;
      entity.setState(next);
      return entity.return(next);
    }
    case 'get':
      return entity.return(state);
    case 'reset':
      return entity.setState(0);
    case 'delete':
      return entity.destructOnExit();
    case 'fail':
      throw new Error('entity refuses');
    case 'tell':
      return entity.signalEntity(new df.EntityId('Counter', String(entity.getInput())), 'add', 5);
    case 'self':
      return entity.return({
        name: entity.entityName,
        key: entity.entityKey,
        op: entity.operationName,
        isNew: entity.isNewlyConstructed,
      });
    default:
      throw new Error(`no operation ${String(entity.operationName)}`);
  }
});

interface Kept {
  n: number;
}

df.app.entity<Kept>('Keeper', ({ df: entity }) => {
  const state = entity.getState(() => ({ n: 0 })) ?? { n: 0 };
  switch (entity.operationName) {
    case 'put':
      return entity.setState({ n: entity.getInput<number>() ?? 0 });
    case 'throwsAfterSet':
      entity.setState({ n: 99 });
      throw new Error('after set');
    case 'returnNothing':
      return entity.return(undefined);
    case 'returnNull':
      return entity.return(null);
    case 'echo':
      return entity.return({ input: entity.getInput() ?? null, type: typeof entity.getInput() });
    case 'get':
      return entity.return(state.n);
    default:
      return undefined;
  }
});

/** Awaited by the executor, though the type of a handler does not say so. */
const slowly = async ({ df: entity }: df.EntityContext<Kept>): Promise<void> => {
  const state = entity.getState(() => ({ n: 0 })) ?? { n: 0 };
  await new Promise((resolve) => setTimeout(resolve, 500));
  entity.setState({ n: state.n + 1 });
  entity.return(state.n + 1);
};
df.app.entity<Kept>('Sleeper', (context) => slowly(context) as unknown as void);
