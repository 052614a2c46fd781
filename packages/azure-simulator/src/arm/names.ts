import { badRequest } from './errors.js';
import type { ChildType } from './ids.js';

/**
 * Name rules of a registry's children (azure-rest-api-specs, Microsoft.ContainerRegistry: Token.tsp, ScopeMap.tsp,
 * ConnectedRegistry.tsp). The service checks them; neither the SDKs nor the CLI do.
 */
const RULES: Record<ChildType, { pattern: RegExp; allowed: string }> = {
  scopeMaps: { pattern: /^[a-zA-Z0-9\-_]*$/, allowed: 'alphanumeric characters, hyphens and underscores' },
  tokens: { pattern: /^[a-zA-Z0-9-]*$/, allowed: 'alphanumeric characters and hyphens' },
  connectedRegistries: { pattern: /^[a-zA-Z0-9]*$/, allowed: 'alphanumeric characters' },
};
const SHORTEST = 5;
const LONGEST = 50;

/** @throws 400 InvalidResourceName */
export function checkName(type: ChildType, name: string): void {
  const rule = RULES[type];
  if (name.length < SHORTEST || name.length > LONGEST) {
    throw badRequest(
      'InvalidResourceName',
      `The resource name '${name}' is invalid: it must have ${SHORTEST} to ${LONGEST} characters.`,
      'name',
    );
  }
  if (!rule.pattern.test(name)) {
    throw badRequest(
      'InvalidResourceName',
      `The resource name '${name}' is invalid: it may hold ${rule.allowed} only.`,
      'name',
    );
  }
}
