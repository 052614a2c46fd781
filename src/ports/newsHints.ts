/**
 * Notified within this process that there may be news for a client now, so that its open requests for messages look.
 */
export interface NewsHints {
  /**
   * Only a reason to look: what is answered is always read. Nothing may depend on it, since another instance of the app
   * may hold the client's requests.
   *
   * @param key the client's key
   */
  hint(key: string): void;
}
