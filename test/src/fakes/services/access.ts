import type { AssignmentUsage, ReadAccess, NewAssignment, SecretAssignment } from '../../../../src/ports/readAccess.js';
import { ServiceError } from '../../../../src/serviceErrors/serviceError.js';
import type { ServiceOperation as Operation } from '../../../../src/serviceErrors/serviceOperation.js';
import { resourceName } from '../../../../src/serviceErrors/serviceFacts.js';
import { OWN_OBJECT_ID } from './identity.js';

const isIn = (vault: string, one: { readonly vault?: string }): boolean => (one.vault ?? VAULT_ID) === vault;

/** Resource id of the vault in tests. */
export const VAULT_ID =
  '/subscriptions/00000000-0000-0000-0000-000000000009/resourceGroups/secrets/providers/Microsoft.KeyVault/vaults/edge-vault';

/** A vault that the settings named before. */
export const FORMER_VAULT_ID = `${VAULT_ID}-former`;

interface Listed extends SecretAssignment {
  /** Object id of who made it; absent: somebody else than the app. */
  readonly createdBy?: string;
  /** Absent: the vault in tests. */
  readonly vault?: string;
}

const SOMEBODY = '88888888-8888-8888-8888-888888888888';

/** Role assignments on the secrets of the vault, and of the one before it. */
export class FakeAccess implements ReadAccess {
  readonly list: Listed[] = [];
  /** Whether the app has its role on the vault before it. */
  isAllowedOnFormer = true;
  /** Whether the service says who made an assignment. */
  saysWhoMade = true;
  /** Undefined: the app may not read it. */
  usage: AssignmentUsage | undefined = { limit: 4000, count: 10 };
  isAllowed = true;

  /** Who may read a secret, by its name. */
  readers(secret: string): string[] {
    return this.list.filter((one) => one.secret === secret).map(({ principalId }) => principalId);
  }

  async listAssignments(vault: string, principalId?: string): Promise<SecretAssignment[]> {
    this.check(vault, 'list role assignments of vault');
    return this.list.filter(
      (one) => isIn(vault, one) && (principalId === undefined || one.principalId === principalId),
    );
  }

  async createAssignment(vault: string, { name, secret, principalId }: NewAssignment): Promise<boolean> {
    this.check(vault, 'create role assignment on secret');
    const same = this.list.find((one) => isIn(vault, one) && one.secret === secret && one.principalId === principalId);
    if (same) return same.name === name;
    this.list.push({ name, secret, principalId, createdBy: OWN_OBJECT_ID, vault });
    return true;
  }

  async findAssignment(vault: string, { name, secret }: Pick<SecretAssignment, 'name' | 'secret'>) {
    this.check(vault, 'get role assignment on secret');
    const found = this.list.find((one) => isIn(vault, one) && one.name === name && one.secret === secret);
    return found && { createdBy: this.saysWhoMade ? (found.createdBy ?? SOMEBODY) : undefined };
  }

  async deleteAssignment(vault: string, { name, secret }: Pick<SecretAssignment, 'name' | 'secret'>): Promise<void> {
    this.check(vault, 'delete role assignment on secret');
    const index = this.list.findIndex((one) => isIn(vault, one) && one.name === name && one.secret === secret);
    if (index >= 0) this.list.splice(index, 1);
  }

  async mayAssign(): Promise<boolean> {
    return this.isAllowed;
  }

  async countAssignments(): Promise<AssignmentUsage> {
    if (this.usage) return this.usage;
    throw this.forbidden('count role assignments of the subscription of vault');
  }

  private check(vault: string, operation: Operation) {
    if (vault !== VAULT_ID && vault !== FORMER_VAULT_ID) throw new Error(`an unknown vault: ${vault}`);
    if (vault === VAULT_ID ? !this.isAllowed : !this.isAllowedOnFormer) throw this.forbidden(operation);
  }

  private forbidden(operation: Operation): ServiceError {
    return new ServiceError({ kind: 'forbidden', operation, resource: resourceName('tests'), status: 403 });
  }
}
