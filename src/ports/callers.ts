/** Identifies callers by their bearer tokens. */
export interface Callers {
  /**
   * Validates a token.
   *
   * @returns the caller's Entra object id; undefined when the token is for another app, from another tenant, or
   * expired.
   * @throws ServiceError while the tenant's signing keys cannot be read.
   */
  identify(token: string): Promise<string | undefined>;
}
