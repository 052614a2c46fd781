import { afterAll, beforeAll, expect, test } from 'vitest';
import { ofRing } from '../../harness/ring.js';
import type { TestStack } from '../../harness/testStack.js';
import { startStackForHubDevices } from '../hubDevices.js';
import { hubJourney, joinedJourney } from './journeys.js';
import type { Loss, Losses, Purpose } from './lossyProxy.js';

/*
 * The real agent and the real app, with a network between them that loses requests and answers. Whatever is lost, the
 * device joins, renews its keys, is onboarded and acknowledges without a hand. In the default ring one device of each
 * kind loses much of it, in the long ring a device loses one purpose alone, in each way, once and twice in a row.
 */

/** Journeys at the same time: a device mostly waits. */
const AT_ONCE = 6;

/** What a device loses of one purpose, in each way. */
function alone(purpose: Purpose, losses: readonly Loss[] = ['request', 'answer', 'half']): Losses[] {
  return losses.flatMap((loss) => [{ [purpose]: [loss] }, { [purpose]: [loss, loss] }]);
}

/**
 * The same of what is answered by the status: half an answer is as good as a whole one, so there is no second request
 * to lose.
 */
const byStatus = (purpose: Purpose): Losses[] => [...alone(purpose, ['request', 'answer']), { [purpose]: ['half'] }];

/**
 * Of requests for messages the second, third or fourth is lost, and of reads of the secret the one for the promotion.
 */
const LATER: readonly Losses[] = (['request', 'answer'] as const).flatMap((loss): Losses[] => [
  ...[1, 2, 3].map((before) => ({ poll: [...Array.from({ length: before }, (): Loss => 'nothing'), loss] })),
  { secret: ['nothing', loss] },
]);

const JOINED = ofRing<readonly Losses[]>({
  default: [
    {
      join: ['request', 'answer'],
      poll: ['request', 'answer'],
      message: ['half'],
      renewal: ['answer'],
      candidate: ['request', 'answer'],
      report: ['request', 'answer'],
      acknowledgement: ['request', 'answer'],
    },
  ],
  long: [
    ...(['join', 'poll', 'renewal', 'confirmation', 'candidate', 'secret'] as const).flatMap((purpose) =>
      alone(purpose),
    ),
    ...byStatus('report'),
    ...byStatus('acknowledgement'),
    ...alone('message', ['answer', 'half']),
    ...LATER,
  ],
});

const OF_HUB = ofRing<readonly Losses[]>({
  default: [
    {
      confirmation: ['request', 'answer'],
      report: ['request', 'answer'],
      acknowledgement: ['request', 'answer'],
    },
  ],
  long: [...alone('confirmation'), ...byStatus('report'), ...byStatus('acknowledgement')],
});

let it: TestStack;
beforeAll(async () => {
  it = await startStackForHubDevices();
});
afterAll(() => it.dispose());

/**
 * Has a few devices at a time lose what each is to lose.
 * @returns how many devices came to their end
 */
async function lose(
  kind: string,
  trials: readonly Losses[],
  journey: (it: TestStack, client: string, losses: Losses) => Promise<void>,
): Promise<number> {
  let arrived = 0;
  const left = [...trials.entries()];
  const traveller = async () => {
    for (let next = left.shift(); next; next = left.shift()) {
      const [nth, losses] = next;
      await journey(it, `${kind}-${nth}`, losses);
      arrived += 1;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, traveller));
  return arrived;
}

test('a device that joins ends onboarded with renewed keys, whichever requests and answers are lost', async () => {
  expect(await lose('joined', JOINED, joinedJourney)).toBe(JOINED.length);
});

test('a device of a hub ends onboarded, whichever requests and answers are lost between it and the app', async () => {
  expect(await lose('of-hub', OF_HUB, hubJourney)).toBe(OF_HUB.length);
});
