/** The app's own identities in Entra. An app has several if its settings say so. All methods throw ServiceError. */
export interface OwnIdentity {
  /** Application ids and object ids of all identities, in lower case; an id that is unknown is left out. */
  names(): Promise<readonly string[]>;
  /** The same of one identity. @param identity one of `armPrincipals` (src/settings/armIdentities.ts) */
  namesOf(identity: string): Promise<readonly string[]>;
  /** Does work whose requests to Resource Manager are all sent by one identity. */
  as<T>(identity: string, work: () => Promise<T>): Promise<T>;
}
