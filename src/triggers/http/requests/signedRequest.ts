import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import { MAX_DEVICE_BODY } from '@connected-registry/protocol/enrolment/messages';
import {
  CLOCK_WINDOW,
  isBodyOf,
  readSignature,
  signerOf,
  verifySignature,
  type SignatureFault,
  type UnverifiedSignature,
} from '@connected-registry/protocol/enrolment/signedRequests';
import { clientKey, type ClientReference } from '@connected-registry/protocol/names/clientKey';
import { audit } from '../../../audit/audit.js';
import {
  proveJoinToken,
  readDevicePass,
  type DevicePass,
  type ProvenJoinToken,
} from '../../../domain/enrolment/serverPasses.js';
import type { ReportKeys } from '../../../domain/pullCheck/reportKey.js';
import { problem, tooManyRequests } from '../answers/problem.js';
import { boundedBody } from './boundedBody.js';
import { bodyTooLarge } from './jsonBody.js';
import { NonceMemory, noncesOf } from './nonceMemory.js';
import { RateLimit } from './rateLimit.js';

/** Authentic requests a minute that one instance accepts from one key, and from one client. */
const MAX_PER_SENDER = 60;

/** Nonces of joined devices, and of devices that join, that one instance remembers: about 20 MB and 4 MB. */
const MAX_NONCES = { joined: 100_000, joining: 20_000 } as const;

/** What is remembered of the keys that have signed, each for itself. */
class Senders {
  readonly nonces: NonceMemory;
  readonly limit = new RateLimit(MAX_PER_SENDER);

  constructor(total: number) {
    this.nonces = new NonceMemory({ perSender: noncesOf(MAX_PER_SENDER), total });
  }
}

/** What the pass of a request says, after its MAC was verified. */
interface Admitted {
  readonly client: ClientReference;
  /** The only key that may use the pass; absent for a join token, which any key may redeem. */
  readonly thumbprint?: string;
  /** Hash of a join token; absent for a pass. */
  readonly hash?: string;
}

/** A join token that a request has proven, for a device whose sealing key has this thumbprint. */
type JoinerPass = ProvenJoinToken & { readonly sealing: string; readonly thumbprint?: never };

/** An authentic request: its pass is one of ours, and its signer has signed this line and body now. */
interface SignedRequest<Pass extends Admitted> {
  readonly pass: Pass;
  /** The pass as it was sent. */
  readonly passText: string;
  /** The key that signed. */
  readonly signingKey: UnverifiedSignature['key'];
  /** Thumbprint of that key. */
  readonly thumbprint: string;
  /** The request's random value, which its answer repeats. */
  readonly nonce: string;
  readonly body: string;
}

type Refused = { readonly refusal: HttpResponseInit };
type RefusalReason = SignatureFault | 'pass' | 'replayed';

/**
 * Authenticates requests that devices sign. Nothing of a request is believed before it is verified, and what costs more
 * is done later: form, MAC of the pass or proof of the join token, line and time, signature, rate, nonce, body. No
 * storage is read: whether the key is still the client's current one says the client's record
 * (docs/decisions/0047-enrolment.md).
 */
export class SignedRequests {
  /** Apart from each other: who has a join token can make any number of keys, and must push out no joined device. */
  private readonly senders = { joined: new Senders(MAX_NONCES.joined), joining: new Senders(MAX_NONCES.joining) };
  private readonly byClient = new RateLimit(MAX_PER_SENDER);

  constructor(private readonly keys: ReportKeys) {}

  /** Authenticates a request with the pass of a device that has joined. */
  ofDevice(request: HttpRequest): Promise<SignedRequest<DevicePass> | Refused> {
    return this.of(request, ({ pass, join }) => (join ? undefined : readDevicePass(this.keys, pass)));
  }

  /** Authenticates a request with a join token, whose secret part is proven and not sent. */
  ofJoiner(request: HttpRequest): Promise<SignedRequest<JoinerPass> | Refused> {
    return this.of(request, ({ pass, join, nonce }, signing) => {
      const token = join && proveJoinToken(this.keys, pass, { ...join, signing, nonce });
      return token && { ...token, sealing: join.sealing };
    });
  }

  /**
   * @param admit verifies the MAC of a pass, or a proof for the signer (thumbprint), and reads what it says; undefined
   * for what is no such pass
   */
  private async of<Pass extends Admitted>(
    request: HttpRequest,
    admit: (signature: UnverifiedSignature, signer: string) => Pass | undefined,
  ): Promise<SignedRequest<Pass> | Refused> {
    const path = pathOf(request);
    const signature = readSignature(request.headers.get('authorization'));
    if (!signature) return refuse('malformed', path);
    const thumbprint = await signerOf(signature);
    const pass = admit(signature, thumbprint);
    if (!pass || thumbprint !== (pass.thumbprint ?? thumbprint)) return refuse('pass', path);
    const key = clientKey(pass.client);
    const now = new Date();
    const fault = await verifySignature(signature, { method: request.method, path }, now);
    if (fault) return refuse(fault, key);
    const refusal = this.limit(signature, { ...pass, signer: thumbprint }, now);
    if (refusal) return refusal;
    const body = await boundedBody(request, MAX_DEVICE_BODY);
    if ('tooLarge' in body) return refuseWith('body-too-large', key, bodyTooLarge(MAX_DEVICE_BODY));
    const text = body.bytes.toString('utf8');
    if (!isBodyOf(signature, text)) return refuse('wrong-body', key);
    const { pass: passText, key: signingKey, nonce } = signature;
    return { pass, passText, signingKey, thumbprint, nonce, body: text };
  }

  /**
   * Counts a request against its client, so that a device has no more requests by renewing its key. Call it once the
   * client's record has shown that the key is the current one: otherwise a key that has ended could use up what its
   * successor may send.
   */
  limitClient({ client }: DevicePass): Refused | undefined {
    const key = clientKey(client);
    const pause = this.byClient.take(key, Date.now());
    return pause === undefined ? undefined : refuseWith('too-many-requests', key, tooManyRequests(pause));
  }

  /**
   * Counts an authentic request against its key, and remembers it. Join tokens and passes may be in the wrong hands,
   * also old ones of the same client, so neither client nor token alone is a sender: each key with its token or client
   * is one. A repetition is refused before it counts, since anybody on the way may have it.
   */
  private limit(
    signature: UnverifiedSignature,
    { client, hash, signer }: Admitted & { readonly signer: string },
    now: Date,
  ): Refused | undefined {
    const key = clientKey(client);
    const { nonces, limit } = this.senders[hash === undefined ? 'joined' : 'joining'];
    const sender = `${hash ?? key} ${signer}`;
    if (nonces.knows(sender, signature)) return refuse('replayed', key);
    const pause = limit.take(sender, now.getTime());
    if (pause !== undefined) return refuseWith('too-many-requests', key, tooManyRequests(pause));
    return nonces.admit(sender, signature, now.getTime() / 1000) ? undefined : refuse('replayed', key);
  }
}

/**
 * Path and query of a request. The host and the SDK hand on what the device has sent, in the spelling of the URL
 * standard; a front end may change the host's name, and must not change the path.
 */
export function pathOf({ url }: Pick<HttpRequest, 'url'>): string {
  const { pathname, search } = new URL(url);
  return `${pathname}${search}`;
}

/** Audits that the key of a pass has ended. @returns the answer */
export function refuseEndedKey({ client }: DevicePass): HttpResponseInit {
  return refuseWith('device-key-ended', clientKey(client), deviceKeyEnded()).refusal;
}

/** The 403 answer to a key that is not, or no longer, the current key of the client. */
export function deviceKeyEnded(): HttpResponseInit {
  return problem({
    status: 403,
    code: 'device-key-ended',
    title: "The device's key is not valid any more.",
    detail:
      'The client was revoked or offboarded, or another key has replaced this one. An operator can issue a join token, with which the device joins again.',
  });
}

const DETAILS: Readonly<Record<RefusalReason, string>> = {
  malformed: 'Send Authorization: Device with a signature over method, path, body and time.',
  pass: 'The pass was not made by this app, or it was made for another key or purpose; or a join token was not proven.',
  'wrong-request': 'The signature is for another method, path or query.',
  'wrong-time': `The signature's time differs from the app's by more than ${CLOCK_WINDOW} s. Sign again by the time in now.`,
  'wrong-signature': 'The signature does not belong to the key and to what was signed.',
  'wrong-body': 'The signature is for another body.',
  replayed: 'The same request came before. Sign each request anew.',
};

const UNSIGNED = { code: 'device-signature', title: 'The request is not signed by a device.' } as const;
/** Of its own, since the device is not at fault: something on the way may have sent its request twice. */
const REPLAYED = { code: 'device-request-replayed', title: 'The request came before.' } as const;

function refuse(reason: RefusalReason, resource: string): Refused {
  return refuseWith(
    reason,
    resource,
    problem(
      {
        status: 401,
        ...(reason === 'replayed' ? REPLAYED : UNSIGNED),
        detail: DETAILS[reason],
        now: new Date().toISOString(),
      },
      { 'www-authenticate': 'Device' },
    ),
  );
}

/** @param resource the client's key once the pass is authentic, else the path, which anybody may have written */
function refuseWith(reason: string, resource: string, refusal: HttpResponseInit): Refused {
  audit('device.authenticate.refused', { resource: resource.slice(0, 200), reason });
  return { refusal };
}
