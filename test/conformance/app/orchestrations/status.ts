import { register } from './names.js';

register({
  *customStatus(context) {
    context.df.setCustomStatus({ step: 1 });
    yield context.df.waitForExternalEvent('go');
    context.df.setCustomStatus('step two');
    yield context.df.waitForExternalEvent('go');
    return 'ok';
  },
  *customStatusOnly(context) {
    context.df.setCustomStatus({ percent: 100 });
    return 'ok';
  },
  *largeStatus(context) {
    context.df.setCustomStatus('s'.repeat(20_000));
    yield context.df.callActivity('say', 'x');
    return 'ok';
  },
  *xThrowsWithStatus(context) {
    context.df.setCustomStatus({ at: 'end' });
    throw new Error('with status');
  },
  *xTooLargeStatusThrows(context) {
    context.df.setCustomStatus('s'.repeat(20_000));
    throw new Error('own error');
  },
  *xStatusJustFits(context) {
    context.df.setCustomStatus('s'.repeat(8000));
    yield context.df.callActivity('say', 'x');
    return 'ok';
  },
  *xStatusThenNone(context) {
    if (!context.df.getInput()) {
      context.df.setCustomStatus('first');
      context.df.continueAsNew(1);
      return undefined;
    }
    yield context.df.waitForExternalEvent('go');
    return 'ok';
  },
  *xStatusCleared(context) {
    context.df.setCustomStatus('set');
    yield context.df.waitForExternalEvent('go');
    context.df.setCustomStatus(null);
    yield context.df.waitForExternalEvent('go');
    return 'ok';
  },
});
