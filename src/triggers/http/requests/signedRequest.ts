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
import { NONCE_LIMITS, NonceMemory } from './nonceMemory.js';
import { RateLimit } from './rateLimit.js';

/** Authentic requests a minute that one instance accepts from one device, or with one join token. */
const MAX_PER_SENDER = 60;

/** What the pass of a request says, after its MAC was verified. */
interface Admitted {
  readonly client: ClientReference;
  /** The only key that may use the pass; absent for a join token, which any key may redeem. */
  readonly thumbprint?: string;
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
 * Authenticates requests that devices sign. Nothing of a request is believed before it is verified, and what costs more is
 * done later: form, MAC of the pass or proof of the join token, line and time, signature, nonce, body. No storage is read: whether the key is still
 * the client's current one says the client's record (docs/decisions/0047-enrolment.md).
 */
export class SignedRequests {
  private readonly nonces = new NonceMemory(NONCE_LIMITS);
  private readonly bySender = new RateLimit(MAX_PER_SENDER);

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
   * @param admit verifies the MAC of a pass, or a proof for the signer (thumbprint), and reads what it says; undefined for
   * what is no such pass
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
    // A join token may be in the wrong hands: it must not use up what the device that has joined may send.
    const sender = pass.thumbprint ?? `join:${key}`;
    if (!this.nonces.admit(sender, signature, now.getTime() / 1000)) return refuse('replayed', key);
    const pause = this.bySender.take(sender, now.getTime());
    if (pause !== undefined) return refuseWith('too-many-requests', key, tooManyRequests(pause));
    const body = await boundedBody(request, MAX_DEVICE_BODY);
    if ('tooLarge' in body) return refuseWith('body-too-large', key, bodyTooLarge(MAX_DEVICE_BODY));
    const text = body.bytes.toString('utf8');
    if (!isBodyOf(signature, text)) return refuse('wrong-body', key);
    const { pass: passText, key: signingKey, nonce } = signature;
    return { pass, passText, signingKey, thumbprint, nonce, body: text };
  }
}

/**
 * Path and query of a request. The host and the SDK hand on what the device has sent, in the spelling of the URL standard;
 * a front end may change the host's name, and must not change the path.
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

function refuse(reason: RefusalReason, resource: string): Refused {
  return refuseWith(
    reason,
    resource,
    problem(
      {
        status: 401,
        code: 'device-signature',
        title: 'The request is not signed by a device.',
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
