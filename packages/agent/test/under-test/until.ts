import { until as untilEnough } from '../../../../test/shared/until.js';

/** Waits until something holds, and says what when it does not come to that. */
export async function until(what: string, holds: () => boolean): Promise<void> {
  await untilEnough(holds, (isSo) => isSo, what, { seconds: 60, pause: 2 });
}
