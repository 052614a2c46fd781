import { register } from './names.js';

register({
  *echo(context) {
    return context.df.getInput();
  },
  *returnsNothing() {
    // No result.
  },
  *returnsLarge() {
    return 'y'.repeat(100_000);
  },
  *identity(context) {
    return {
      id: context.df.instanceId,
      parent: context.df.parentInstanceId ?? null,
      replaying: context.df.isReplaying,
    };
  },
  *guids(context) {
    const a = context.df.newGuid(context.df.instanceId);
    yield context.df.callActivity('say', 'a');
    return { a, b: context.df.newGuid(context.df.instanceId) };
  },
  *largeInput(context) {
    return (yield context.df.callActivity('same', 'w'.repeat(100_000))).length;
  },
  *xOutputBig() {
    return { n: 1n };
  },
});
