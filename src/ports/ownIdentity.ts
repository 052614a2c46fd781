/** The app's own identity in Entra. All methods throw ServiceError. */
export interface OwnIdentity {
  /** Application id and object id in lower case; an id that is unknown is left out. */
  names(): Promise<readonly string[]>;
}
