/** Names of entities, and of the instances that hold their states. */

/** An entity: function name and key. */
export interface EntityId {
  readonly name: string;
  readonly key: string;
}

/** The instance id of an entity, `@name@key`, with the name in lower case. */
export const schedulerId = (id: EntityId): string => `@${id.name.toLowerCase()}@${id.key}`;

/** Whether an instance id is an entity's: it starts with @ and has a second one. */
export const isSchedulerId = (instanceId: string): boolean =>
  instanceId.startsWith('@') && instanceId.indexOf('@', 1) > 0;

/** The entity of an instance id, its name in lower case. In an id without a second @ everything is the name. */
export function entityOf(instanceId: string): EntityId {
  const at = instanceId.indexOf('@', 1);
  if (at < 0) return { name: instanceId.slice(1).toLowerCase(), key: '' };
  return { name: instanceId.slice(1, at).toLowerCase(), key: instanceId.slice(at + 1) };
}
