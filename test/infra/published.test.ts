import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { CUSTOM_ROLES, ROLES } from '@connected-registry/azure-simulator/access/roles';
import { neededActions } from '../../src/azure/arm/armActions.js';
import { INFRA } from './bicepCli.js';

const verbs = z.record(z.string(), z.array(z.string()));
const published = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`published/${name}.json`, import.meta.url), 'utf8'));

/** `{"a/b": ["read"]}` is `a/b/read`. */
function namesOf(table: z.output<typeof verbs>, provider?: string): Set<string> {
  return new Set(
    Object.entries(table).flatMap(([type, all]) =>
      all.map((verb) => [provider, type, verb].filter((part) => part !== undefined && part !== '').join('/')),
    ),
  );
}

const registry = z.object({ actions: verbs, dataActions: verbs }).parse(published('containerRegistry'));
const registryActions = namesOf(registry.actions, 'Microsoft.ContainerRegistry');
const dataActions = namesOf(verbs.parse(published('dataActions')));
const builtIn = z.record(z.string(), z.uuid()).parse(published('builtInRoles'));

const json = (...path: string[]): unknown => JSON.parse(readFileSync(join(INFRA, 'modules', ...path), 'utf8'));

describe('what Azure publishes', () => {
  test('contains every action of the custom role, because Azure refuses unknown ones', () => {
    const { actions } = z.object({ actions: z.array(z.string()) }).parse(json('onboardingRole.json'));
    expect(actions.filter((action) => !registryActions.has(action))).toEqual([]);
    expect(actions).toEqual(neededActions());
  });

  test('contains no action for the end of an asynchronous write of a connected registry', () => {
    expect(registryActions).not.toContain(
      'Microsoft.ContainerRegistry/registries/connectedRegistries/operationStatuses/read',
    );
  });

  test('contains every built-in role that a deployment assigns, by its id', () => {
    const ids = new Set(Object.values(builtIn));
    for (const [name, id] of Object.entries(z.record(z.string(), z.uuid()).parse(json('roles.json')))) {
      expect(ids, name).toContain(id);
      const title = name.replace(/[A-Z]/g, ' $&').toLowerCase();
      const [found] = Object.entries(builtIn).find(([, one]) => one === id) ?? [];
      expect(found?.toLowerCase().replaceAll(' ', '')).toBe(title.replaceAll(' ', ''));
    }
  });

  test('contains every role of the local control plane by its id, and every data action that one names', () => {
    for (const [name, role] of Object.entries(ROLES)) {
      // A deployment creates these.
      if (CUSTOM_ROLES.includes(name)) continue;
      expect(builtIn[name], name).toBe(role.id);
      for (const pattern of role.dataActions) expect(isPublished(pattern), pattern).toBe(true);
    }
  });
});

/** A name, or a pattern that fits at least one. */
function isPublished(pattern: string): boolean {
  const [before = '', after] = pattern.split('*');
  return after === undefined
    ? dataActions.has(pattern)
    : [...dataActions].some((name) => name.startsWith(before) && name.endsWith(after));
}
