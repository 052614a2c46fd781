import { sleep } from '../run/caseRun.js';
import { plain, plainly, staysOpen, type Cases } from './plain.js';

const aWhile = 'after a while';

/** Activities, failures, retries, and several tasks at once. */
export const tasks: Cases = {
  ...plainly('oneActivity', 'chain', 'values', 'noInput', 'noResult', 'largeActivity', 'activityContext'),
  ...plainly('activityFails', 'activityFailsCaught', 'activityFailsWithType', 'activityFailsWithString'),
  activityUnknown: staysOpen('activityUnknown'),
  ...plainly('compensates', 'throws', 'throwsLater'),
  throwsString: staysOpen('throwsString'),
  ...plainly('retrySucceeds', 'retryExhausted', 'retryExhaustedCaught', 'retryBackoff'),
  retryTimeout: staysOpen('retryTimeout'),
  ...plainly('retryInAll', 'retryThenTimer', 'retryFirstTry'),
  ...plainly('all', 'allEmpty', 'allOneFails', 'allOneFailsCaught', 'anyFirst', 'anyFails', 'nested'),
  anyOverRetry: staysOpen('anyOverRetry', 'after six seconds', 6000),
  allOverRetryCaught: staysOpen('allOverRetryCaught', 'after six seconds', 6000),
  ...plainly('anyOverChild', 'sequenceAfterAny', 'fireAndForget', 'tasksStartedTogether', 'unstable'),
  anyOverCompleted: async (run) => {
    await run.start('anyOverCompleted');
    await sleep(3000);
    await run.raise('cancel', 1);
    await run.end();
  },
  ...plainly('xNullInput', 'xReturns', 'xReturnsBig', 'xFailures'),
  ...plainly('xDetailed', 'xDetailedUncaught', 'xDetailedChild', 'xDetailedGrandchild'),
  ...plainly('xYieldsText', 'xYieldsNothing'),
  xThrowsEmpty: staysOpen('xThrowsEmpty', aWhile, 4000),
  xThrowsObject: staysOpen('xThrowsObject', aWhile, 4000),
  xSameActivityTwice: staysOpen('xSameActivityTwice', aWhile, 9000),
  xUnknownInAny: staysOpen('xUnknownInAny', aWhile, 4000),
  xUnknownThenNext: staysOpen('xUnknownThenNext', aWhile, 6000),
  xTimersOrder: plain('xTimersOrder'),
};
