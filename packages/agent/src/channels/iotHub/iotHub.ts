import type { AgentClock } from '../../agentClock.js';
import { pause } from '../../agentClock.js';
import type { Log } from '../../log.js';
import { growingPauses } from '../../pauses.js';
import { errorName } from '../../pullFailure.js';
import { createSeen } from '../../seen.js';
import { CREDENTIAL_PROMOTED, PULL_CHECK_REQUESTED } from '@connected-registry/protocol/messages/pullCheckMessages';
import type { Channel } from '../channel.js';
import { parseEvent, parseSignal } from '../events.js';
import type { ReceivedEvent } from '../events.js';
import type { SignalHandler } from '../channel.js';
import { createDesired } from './desired.js';
import type { HubIdentity } from './hubIdentity.js';
import type { HubDevice, Opening, SealedPayload } from '../../joined/hub/hubDevice.js';
import { makeLogin } from './login.js';
import { createReported } from './reported.js';
import { sealedPayload } from './sealedPayload.js';
import { openSession } from './session.js';
import type { MethodAnswer, Session } from './session.js';

export interface IotHubOptions {
  identity: HubIdentity;
  port: number;
  /** A CA certificate for the hub or gateway, in PEM, in addition to the well-known ones. */
  caFile: string | undefined;
  /** The device, if it has keys of its own: what arrives must then be sealed to them. */
  device?: Pick<HubDevice, 'open' | 'reportedKeys'>;
  handle: SignalHandler;
  clock: AgentClock;
  log: Log;
}

/** Direct methods, by the event type that each one carries. */
const METHODS: Readonly<Record<string, string>> = {
  pullCheckRequested: PULL_CHECK_REQUESTED,
  credentialPromoted: CREDENTIAL_PROMOTED,
};

const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 120_000;
/** Minimum duration, in milliseconds, of a stable connection. After one, the next pause starts short again. */
const STABLE = 60_000;
/** Share of a signature's lifetime after which the connection is renewed. */
const RENEW_AT = 0.8;
const BUSY_PAUSE = 30_000;
const MAX_REFUSED = 1_000;

/** Listens at an IoT Hub for direct methods and desired properties. Reconnects until it is closed. */
export function startIotHub(options: IotHubOptions): Channel {
  const { clock, device, log } = options;
  const stopping = new AbortController();
  const { signal } = stopping;
  const desired = createDesired();
  const reported = createReported();
  const refusedBefore = createSeen(MAX_REFUSED);
  let session: Session | undefined;
  let lastHeard: string | undefined;
  let trouble: string | undefined;
  let lookAgain: { cancel(): void } | undefined;

  const heard = () => {
    lastHeard = clock.now().toISOString();
  };

  async function method(name: string, payload: unknown): Promise<MethodAnswer> {
    heard();
    const type = Object.hasOwn(METHODS, name) ? METHODS[name] : undefined;
    if (type === undefined) return refusal(501, 'no such method');
    if (device === undefined) return take(name, { type, data: payload });
    const sealed = sealedPayload.safeParse(payload);
    if (!sealed.success) return refused(400, name, 'it is not sealed');
    const opened = await openOrNot(device, sealed.data);
    if ('problem' in opened) return refused(opened.lasting ? 400 : 503, name, opened.problem);
    const [message, ...more] = opened.messages.map(parseEvent);
    if (message?.type !== type || more.length > 0) return refused(400, name, 'another message was sealed');
    return take(name, message);
  }

  function refused(status: number, name: string, problem: string): MethodAnswer {
    log('method refused', { method: name, reason: problem });
    return refusal(status, problem);
  }

  function take(name: string, event: ReceivedEvent): MethodAnswer {
    const parsed = parseSignal(event);
    if (!parsed || 'problem' in parsed) {
      const problem = parsed?.problem ?? 'no such message';
      log('method refused', { method: name, fields: problem });
      return refusal(400, problem);
    }
    switch (options.handle(parsed)) {
      case 'busy':
        return refusal(503, 'too many checks are open');
      case 'notMine':
        return refusal(400, 'the client does not belong to this agent');
      case 'accepted':
      case 'duplicate':
        return { status: 200, body: { accepted: true } };
    }
  }

  function takeDesired(): void {
    lookAgain?.cancel();
    if (device) void takeSealed(device);
    else if (desired.events().map(takeEvent).includes('busy')) takeLater();
  }

  function takeLater(): void {
    lookAgain?.cancel();
    if (signal.aborted) return;
    lookAgain = clock.setTimer(new Date(clock.now().getTime() + BUSY_PAUSE), takeDesired);
  }

  async function takeSealed(opener: Pick<HubDevice, 'open'>): Promise<void> {
    for (const message of desired.sealed()) {
      const opened = await openOrNot(opener, { message });
      if ('problem' in opened) {
        if (refusedBefore.firstTime({ message, problem: opened.problem }))
          log('desired property refused', { reason: opened.problem });
        if (!opened.lasting) takeLater();
      } else if (opened.messages.map((one) => takeEvent(parseEvent(one))).includes('busy')) takeLater();
    }
  }

  async function openOrNot(opener: Pick<HubDevice, 'open'>, payload: SealedPayload): Promise<Opening> {
    try {
      return await opener.open(payload);
    } catch (error) {
      return { problem: `unexpected ${errorName(error)}`, lasting: false };
    }
  }

  function takeEvent(event: ReceivedEvent | undefined): string {
    const parsed = parseSignal(event);
    if (parsed && !('problem' in parsed)) return isDone(parsed) ? 'done' : options.handle(parsed);
    if (refusedBefore.firstTime(event)) log('desired property refused', { fields: parsed?.problem ?? 'type' });
    return 'refused';
  }

  function isDone(parsed: Parameters<SignalHandler>[0]): boolean {
    const done = desired.reportedCheck();
    if (parsed.kind !== 'pullCheckRequested' || !done) return false;
    return done.operation === parsed.data.operation && done.attempt === parsed.data.attempt;
  }

  /** Reports the device's keys unless its twin has them: it may be a new one. */
  function reportKeys(): void {
    if (!device || desired.reportedKeys() === device.reportedKeys) return;
    reported.add({ keys: device.reportedKeys });
    sendReported();
  }

  function sendReported(): void {
    const patch = reported.unsent();
    if (session && patch) reported.sent(session.report({ connectedRegistry: patch }), patch);
  }

  async function connection(): Promise<'renew' | 'lost'> {
    const login = await makeLogin(options.identity, options.caFile, clock.now());
    const opened = await openSession(
      login,
      options.port,
      {
        method,
        twin(value) {
          heard();
          if (desired.whole(value)) {
            reportKeys();
            takeDesired();
          } else log('twin refused', { reason: 'it is not a valid hub message' });
        },
        desired(change, version) {
          heard();
          if (desired.changed(change, version)) takeDesired();
          else session?.getTwin();
        },
        answered(report, status) {
          heard();
          if (!reported.answered(report, status)) log('reported properties refused', { status });
        },
      },
      signal,
    );
    session = opened;
    heard();
    log(trouble === undefined ? 'connected to the hub' : 'connected to the hub again');
    trouble = undefined;
    const ending = new AbortController();
    const abort = () => ending.abort();
    signal.addEventListener('abort', abort, { once: true });
    try {
      opened.getTwin();
      sendReported();
      const renewal = login.until ? renewed(login.until, ending.signal) : never<'renew'>();
      const end = await Promise.race([opened.ended, renewal, aborted(ending.signal)]);
      if (end === 'renew') return 'renew';
      trouble = end;
      if (!signal.aborted) log('connection to the hub lost', { reason: end });
      return 'lost';
    } finally {
      session = undefined;
      signal.removeEventListener('abort', abort);
      ending.abort();
      await opened.end();
    }
  }

  /** Resolves when most of the signature's lifetime has passed. */
  async function renewed(until: Date, end: AbortSignal): Promise<'renew'> {
    await pause(clock, (until.getTime() - clock.now().getTime()) * RENEW_AT, end);
    return 'renew';
  }

  async function run(): Promise<void> {
    const pauses = growingPauses(FIRST_PAUSE, LONGEST_PAUSE);
    while (!signal.aborted) {
      const since = clock.now().getTime();
      const end = await connection().catch((error: unknown) => {
        const reason = refusalOf(error);
        if (reason !== trouble && !signal.aborted) log('no connection to the hub', { reason });
        trouble = reason;
        return 'lost' as const;
      });
      if (end === 'renew') continue;
      if (clock.now().getTime() - since > STABLE) pauses.reset();
      await pause(clock, pauses.next(), signal);
    }
  }
  const running = run();

  return {
    health: () => ({ connected: session !== undefined, lastHeard }),
    reported({ operation, attempt }, { outcome }) {
      reported.add({ pullCheck: { operation, attempt, outcome } });
      sendReported();
    },
    delivered(_promotion, version) {
      reported.add({ promoted: { version } });
      sendReported();
    },
    async close() {
      lookAgain?.cancel();
      stopping.abort();
      await running;
      lookAgain?.cancel();
    },
  };
}

function refusal(status: number, problem: string): MethodAnswer {
  return { status, body: { accepted: false, problem } };
}

function aborted(signal: AbortSignal): Promise<string> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve('stopped');
    signal.addEventListener('abort', () => resolve('stopped'), { once: true });
  });
}

function never<T>(): Promise<T> {
  return new Promise(() => undefined);
}

/** MQTT's return code of a refused connection (4 and 5: not authorized), or the name of another error. */
function refusalOf(error: unknown): string {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'number' && code <= 255 ? `refused with code ${code}` : errorName(error);
}
