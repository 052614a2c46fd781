/** Who the app itself is. Throws ServiceError. */
export interface OwnIdentity {
  /** Application id and object id, in lower case, as far as they can be known. */
  names(): Promise<readonly string[]>;
}
