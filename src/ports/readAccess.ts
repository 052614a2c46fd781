import type { PrincipalType } from '@connected-registry/protocol/requests/deviceIdentity';

/**
 * Role assignments of Key Vault Secrets User on single secrets: who may read them. `vault` is always a vault's resource
 * id, whose subscription may differ from the registries'. All methods throw ServiceError and retry nothing.
 */
export interface ReadAccess {
  /**
   * Lists the assignments of the role on the vault's secrets; those on the vault and above are left out.
   *
   * @param principalId limits them to one principal, which needs one page. Without it all of a large vault are read.
   */
  listAssignments(vault: string, principalId?: string): Promise<readonly SecretAssignment[]>;
  /**
   * Lets a principal read a secret, which need not exist yet. Repeating it changes nothing.
   *
   * @returns false if an assignment of another name does the same already.
   */
  createAssignment(vault: string, assignment: NewAssignment): Promise<boolean>;
  /** Finds the assignment of this name; undefined when it does not exist. */
  findAssignment(
    vault: string,
    assignment: Pick<SecretAssignment, 'name' | 'secret'>,
  ): Promise<FoundAssignment | undefined>;
  /** Deletes an assignment. Does nothing when it does not exist. */
  deleteAssignment(vault: string, assignment: Pick<SecretAssignment, 'name' | 'secret'>): Promise<void>;
  /**
   * Whether the app's roles let it write and delete role assignments on the vault. A condition may still refuse some.
   */
  mayAssign(vault: string): Promise<boolean>;
  /** Reads how many role assignments the vault's subscription has, and how many it may have. */
  countAssignments(vault: string): Promise<AssignmentUsage>;
}

/** An assignment of the role on one secret. */
export interface SecretAssignment {
  /** A GUID, in lower case. */
  readonly name: string;
  /** Name of the secret, as the assignment spells it. */
  readonly secret: string;
  /** In lower case. */
  readonly principalId: string;
}

/** What Resource Manager says about an assignment. */
export interface FoundAssignment {
  /** Object id of the principal that made it, in lower case; undefined if the service does not say. */
  readonly createdBy: string | undefined;
}

export interface NewAssignment extends SecretAssignment {
  readonly principalType: PrincipalType;
}

/** Role assignments of a subscription. */
export interface AssignmentUsage {
  readonly limit: number;
  readonly count: number;
}
