import { CREDENTIAL_PROMOTED, PULL_CHECK_REQUESTED } from '@connected-registry/protocol/messages/pullCheckMessages';
import type { HubDevice } from '../../joined/hub/hubDevice.js';
import type { Log } from '../../log.js';
import type { SignalHandler } from '../channel.js';
import { parseEvent, parseSignal } from '../events.js';
import type { ReceivedEvent } from '../events.js';
import { openPayload, sealedPayload } from './sealedPayload.js';
import type { MethodAnswer } from './session.js';

export interface MethodOptions {
  /** The device, if it has keys of its own: what arrives must then be sealed to them. */
  readonly device?: Pick<HubDevice, 'open'>;
  readonly handle: SignalHandler;
  readonly log: Log;
}

/** Direct methods, by the event type that each one carries. */
const METHODS: Readonly<Record<string, string>> = {
  pullCheckRequested: PULL_CHECK_REQUESTED,
  credentialPromoted: CREDENTIAL_PROMOTED,
};

/** Answers a direct method. Never rejects. */
export async function answerMethod(name: string, payload: unknown, options: MethodOptions): Promise<MethodAnswer> {
  const { device, log } = options;
  const refused = (status: number, problem: string): MethodAnswer => {
    log('method refused', { method: name, reason: problem });
    return refusal(status, problem);
  };
  const type = Object.hasOwn(METHODS, name) ? METHODS[name] : undefined;
  if (type === undefined) return refusal(501, 'no such method');
  if (device === undefined) return handled(name, { type, data: payload }, options);
  const sealed = sealedPayload.safeParse(payload);
  if (!sealed.success) return refused(400, 'it is not sealed');
  const opened = await openPayload(device, sealed.data);
  if ('problem' in opened) return refused(opened.lasting ? 400 : 503, opened.problem);
  const [message, ...more] = opened.messages.map(parseEvent);
  if (message?.type !== type || more.length > 0) return refused(400, 'another message was sealed');
  return handled(name, message, options);
}

function handled(name: string, event: ReceivedEvent, { handle, log }: MethodOptions): MethodAnswer {
  const parsed = parseSignal(event);
  if (!parsed || 'problem' in parsed) {
    const problem = parsed?.problem ?? 'no such message';
    log('method refused', { method: name, fields: problem });
    return refusal(400, problem);
  }
  switch (handle(parsed)) {
    case 'busy':
      return refusal(503, 'too many checks are open');
    case 'notMine':
      return refusal(400, 'the client does not belong to this agent');
    case 'accepted':
    case 'duplicate':
      return { status: 200, body: { accepted: true } };
  }
}

function refusal(status: number, problem: string): MethodAnswer {
  return { status, body: { accepted: false, problem } };
}
