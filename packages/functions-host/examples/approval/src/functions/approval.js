import { app } from '@azure/functions';
import * as df from 'durable-functions';

const DAY = 24 * 3600 * 1000;

df.app.activity('remind', { handler: ({ person }, context) => context.log(`Dear ${person}, please decide.`) });

/** Waits three days for a decision, with a reminder each day. */
df.app.orchestration('approval', function* (context) {
  const decision = context.df.waitForExternalEvent('decision');
  for (let days = 1; days <= 3; days += 1) {
    const nextDay = context.df.createTimer(new Date(context.df.currentUtcDateTime.getTime() + DAY));
    if ((yield context.df.Task.any([decision, nextDay])) === decision) {
      nextDay.cancel();
      return decision.result;
    }
    yield context.df.callActivity('remind', { person: 'Ada' });
  }
  return 'expired';
});

app.timer('everyMorning', {
  schedule: '0 30 6 * * *',
  handler: (_timer, context) => context.log(`Good morning of ${new Date().toISOString().slice(0, 10)}`),
});
