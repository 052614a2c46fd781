/** Tells who brings a bearer token. */
export interface Callers {
  /**
   * The Entra object id that a token is about; undefined where the token is not for this app, not by its tenant, or not good
   * any more. Throws ServiceError while the tenant's keys cannot be had.
   */
  identify(token: string): Promise<string | undefined>;
}
