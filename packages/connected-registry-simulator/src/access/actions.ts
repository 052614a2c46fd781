/** Actions in a scope map (Azure docs: container-registry-token-based-repository-permissions). */
export type RepositoryAction = 'content/read' | 'content/write' | 'content/delete' | 'metadata/read' | 'metadata/write';

/**
 * Whether a scope map's action list (`repositories/{repository}/{action}`) grants `action` on `repository`. A
 * repository ending in `/*` covers everything below that path, `*` covers everything; grants add up (Azure docs:
 * container-registry-token-based-repository-permissions, "wildcards").
 */
export function grants(actions: readonly string[], repository: string, action: RepositoryAction): boolean {
  return actions.some((entry) => {
    const parts = entry.split('/');
    if (parts.length < 4 || parts[0] !== 'repositories' || parts.slice(-2).join('/') !== action) return false;
    return covers(parts.slice(1, -2).join('/'), repository);
  });
}

function covers(pattern: string, repository: string): boolean {
  if (pattern === '*') return true;
  return pattern.endsWith('/*') ? repository.startsWith(pattern.slice(0, -1)) : pattern === repository;
}
