import type { Answer } from '@connected-registry/azure-simulator/http/listener';
import type { ApiReply, ApiRequest } from '@connected-registry/azure-simulator/http/message';
import type { Dice } from '../dice.js';

/** Failures of the app's calls, per thousand calls. */
const CALLS = {
  'refused with 500': 15,
  'refused with 429': 15,
  'connection lost before it': 10,
  'answer lost': 20,
  'app killed before it': 4,
  'app killed after it': 8,
} as const;
type CallTrouble = keyof typeof CALLS;

/** Failures of events that the app publishes, per thousand. */
const EVENTS = { twice: 150, lost: 50 } as const;
type EventTrouble = keyof typeof EVENTS;

/** Counts of failures by name. */
export type TroubleCounts = Map<string, number>;

export interface StepTroublesOptions {
  readonly dice: Dice;
  /** Client id of the app's identity in Entra: only its calls fail. */
  readonly appClientId: string;
  /** Kills the app and starts it again. */
  readonly kill: () => void;
  readonly counts: TroubleCounts;
}

/** Injects failures between the app and Azure. */
export class StepTroubles {
  constructor(private readonly options: StepTroublesOptions) {}

  readonly around = async (request: ApiRequest, answer: Answer): ReturnType<Answer> => {
    if (!isOf(request, this.options.appClientId)) return answer(request);
    const name = `${request.method} ${request.path}`;
    if (request.path.startsWith('/topics/')) {
      const trouble = this.#fate<EventTrouble>(`event ${name}`, EVENTS);
      if (trouble === 'lost') return { status: 200 };
      if (trouble === 'twice') await answer(request);
    }
    switch (this.#fate<CallTrouble>(name, CALLS)) {
      case 'refused with 500':
        return refusal(500, 'InternalServerError');
      case 'refused with 429':
        return { ...refusal(429, 'TooManyRequests'), headers: { 'retry-after': '17' } };
      case 'connection lost before it':
        return 'drop';
      case 'answer lost':
        await answer(request);
        return 'drop';
      case 'app killed before it':
        this.options.kill();
        return 'drop';
      case 'app killed after it': {
        await answer(request);
        this.options.kill();
        return 'drop';
      }
      case undefined:
        return answer(request);
    }
  };

  #fate<T extends string>(name: string, chances: Readonly<Record<T, number>>): T | undefined {
    let thrown = this.options.dice.throw(name) * 1000;
    for (const [trouble, often] of Object.entries(chances) as [T, number][]) {
      thrown -= often;
      if (thrown >= 0) continue;
      const { counts } = this.options;
      counts.set(trouble, (counts.get(trouble) ?? 0) + 1);
      return trouble;
    }
    return undefined;
  }
}

function refusal(status: number, code: string): ApiReply {
  return { status, body: { error: { code, message: 'One of the troubles of the year.' } } };
}

/** Whether a request has a token of that client. Requests for tokens, and those of others, do not. */
function isOf({ headers }: ApiRequest, clientId: string): boolean {
  const [, payload] = (headers.authorization ?? '').replace(/^Bearer /i, '').split('.');
  return payload !== undefined && Buffer.from(payload, 'base64url').toString('utf8').includes(clientId);
}
