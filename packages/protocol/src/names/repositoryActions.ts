export const REPOSITORY_ACTIONS = [
  'content/read',
  'content/write',
  'content/delete',
  'metadata/read',
  'metadata/write',
] as const;
export type RepositoryAction = (typeof REPOSITORY_ACTIONS)[number];

/** The field `repositories` of a request: names that may be pulled from, or names with their actions. */
export type RequestedRepositories = string[] | Record<string, RepositoryAction[]>;

const ACTION = /^repositories\/(.+)\/((?:content|metadata)\/[a-z]+)$/i;

/**
 * The rights of a scope map as a request asks for them.
 *
 * @param actions all action strings of the scope map: `repositories/hello-world/content/read`
 * @returns names alone, if they may only be pulled from; undefined if there is nothing, or something that no request
 * can ask for
 */
export function requestedRepositories(actions: readonly string[]): RequestedRepositories | undefined {
  const found = new Map<string, RepositoryAction[]>();
  for (const text of actions) {
    const [, name = '', word = ''] = ACTION.exec(text) ?? [];
    const action = REPOSITORY_ACTIONS.find((one) => one === word.toLowerCase());
    if (action === undefined) return undefined;
    found.set(name, [...(found.get(name) ?? []), action]);
  }
  if (found.size === 0) return undefined;
  const isPull = [...found.values()].every((list) => list.length === 1 && list[0] === 'content/read');
  return isPull ? [...found.keys()] : Object.fromEntries(found);
}
