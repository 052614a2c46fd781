import type { SealingKey } from '@connected-registry/protocol/enrolment/deviceKeys';
import type { HubTarget, OpenChannel } from '@connected-registry/protocol/messages/deviceChannel';

/** To whom a message goes that is sealed: a device of a hub, and the keys that the client's record has of it. */
export interface SealedDelivery {
  readonly kind: 'hub';
  readonly target: HubTarget;
  /** The client's registry, which messages do not name. */
  readonly registry: string;
  /** Of the signing key. */
  readonly thumbprint: string;
  readonly sealingKey: SealingKey;
}

/** How one message is sent. The channel `hub` has no form without keys, so nothing is sent on it in clear. */
export type Delivery = OpenChannel | SealedDelivery;
