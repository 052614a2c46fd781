/** What a scope map allows in a repository, or another of its actions as it is. */
export interface Right {
  /** A name or a pattern; undefined for an action that is not about a repository. */
  readonly repository?: string;
  readonly actions: readonly string[];
}

const OF_REPOSITORY = /^repositories\/(?<repository>.+)\/(?<action>[^/]+\/[^/]+)$/;

/**
 * A scope map's actions by repository, in the order of names.
 *
 * @param actions as Azure has them: `repositories/hello-world/content/read`
 */
export function rightsOf(actions: readonly string[]): readonly Right[] {
  const byRepository = new Map<string, string[]>();
  const others: string[] = [];
  for (const one of actions) {
    const { repository, action } = OF_REPOSITORY.exec(one)?.groups ?? {};
    if (repository === undefined || action === undefined) others.push(one);
    else byRepository.set(repository, [...(byRepository.get(repository) ?? []), action]);
  }
  const rights = [...byRepository].map(([repository, found]) => ({ repository, actions: found.sort() }));
  rights.sort((one, other) => (one.repository < other.repository ? -1 : 1));
  return [...rights, ...others.map((one) => ({ actions: [one] }))];
}
