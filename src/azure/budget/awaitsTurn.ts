/** Thrown instead of sending a request that would exceed a service's rate. */
export class AwaitsTurn extends Error {
  override readonly name = 'AwaitsTurn';

  /** @param seconds until the request may be sent */
  constructor(readonly seconds: number) {
    super('the rate of the service does not allow the request yet');
  }
}
