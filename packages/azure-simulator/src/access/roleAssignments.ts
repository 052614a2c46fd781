import { Collection } from '../state/collection.js';
import { ROLES, type CustomRole, type Permission, type RoleAssignment } from './roles.js';

/** Role assignments, indexed by principal, because every request looks up its sender's few assignments. */
export class RoleAssignments extends Collection<RoleAssignment> {
  /** Custom roles. */
  readonly definitions = new Collection<CustomRole>();
  readonly #byPrincipal = new Map<string, Map<string, RoleAssignment>>();

  constructor(assignments: Iterable<RoleAssignment> = []) {
    super([], { keyOf });
    for (const one of assignments) this.set(one);
  }

  of(principalId: string): Iterable<RoleAssignment> {
    return this.#byPrincipal.get(principalId)?.values() ?? [];
  }

  /** The permissions of an assignment's role; none if the role no longer exists. */
  permissionsOf({ role }: RoleAssignment): readonly Permission[] {
    const seeded = ROLES[role];
    if (!seeded) return this.definitions.get(role)?.properties.permissions ?? [];
    return [{ actions: seeded.actions, notActions: [], dataActions: seeded.dataActions, notDataActions: [] }];
  }

  /** Finds an assignment by its scope and name. */
  find(scope: string, name: string): RoleAssignment | undefined {
    return this.get(keyOf({ scope, name }));
  }

  remove(assignment: RoleAssignment): void {
    this.delete(keyOf(assignment));
  }

  override set(assignment: RoleAssignment): void {
    this.#drop(keyOf(assignment));
    super.set(assignment);
    this.#add(assignment);
  }

  override delete(key: string): boolean {
    this.#drop(key);
    return super.delete(key);
  }

  override restore(key: string, stored: unknown): void {
    this.#drop(key);
    super.restore(key, stored);
    const assignment = this.get(key);
    if (assignment) this.#add(assignment);
  }

  #add(assignment: RoleAssignment): void {
    let own = this.#byPrincipal.get(assignment.principalId);
    if (!own) this.#byPrincipal.set(assignment.principalId, (own = new Map()));
    own.set(keyOf(assignment), assignment);
  }

  #drop(key: string): void {
    const before = this.get(key);
    if (before) this.#byPrincipal.get(before.principalId)?.delete(key);
  }
}

function keyOf({ scope, name }: Pick<RoleAssignment, 'scope' | 'name'>): string {
  return `${scope}/${name}`.toLowerCase();
}
