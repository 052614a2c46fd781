import { z } from 'zod';
import type { TestStack } from '../harness/testStack.js';

const password = z.object({ name: z.string(), creationTime: z.string(), expiry: z.string().optional() });

const secretVersion = z.object({
  version: z.string(),
  enabled: z.boolean().optional(),
  tags: z.record(z.string(), z.string()).optional(),
});
export type SecretVersionState = z.infer<typeof secretVersion>;

const state = z.object({
  registries: z.array(
    z.object({
      name: z.string(),
      scopeMaps: z.array(
        z.object({ name: z.string(), actions: z.array(z.string()), description: z.string().optional() }),
      ),
      tokens: z.array(
        z.object({ name: z.string(), scopeMapId: z.string(), status: z.string(), passwords: z.array(password) }),
      ),
      connectedRegistries: z.array(z.object({ name: z.string(), clientTokenIds: z.array(z.string()) })),
    }),
  ),
  vault: z.object({
    secrets: z.array(
      z.object({
        name: z.string(),
        versions: z.array(secretVersion),
      }),
    ),
  }),
});

export interface TokenState {
  readonly scopeMap: string;
  readonly status: string;
  readonly passwords: readonly z.infer<typeof password>[];
}

/** What ARM and the vault hold, as the control plane itself knows it. Names are in lower case where ARM ignores it. */
export interface SimulatorState {
  readonly scopeMaps: ReadonlyMap<string, { readonly actions: readonly string[] }>;
  readonly tokens: ReadonlyMap<string, TokenState>;
  /** Names of the tokens in the client list, repetitions included. */
  readonly bound: readonly string[];
  /** Secrets that are not deleted, with their versions. */
  readonly secrets: ReadonlyMap<string, readonly SecretVersionState[]>;
}

export async function readState({ stack }: TestStack): Promise<SimulatorState> {
  const { endpoints, controlPlane } = stack;
  const { body } = await controlPlane.https(`${endpoints.azure.arm}/_control/state`);
  const { registries, vault } = state.parse(body);
  const registry = registries.find(({ name }) => name === endpoints.azure.registry);
  if (!registry) throw new Error('The seeded registry is there.');
  const connected = registry.connectedRegistries.find(({ name }) => name === endpoints.edge.connectedRegistry);
  return {
    scopeMaps: new Map(registry.scopeMaps.map(({ name, actions }) => [name, { actions }])),
    tokens: new Map(
      registry.tokens.map(({ name, scopeMapId, status, passwords }) => [
        name,
        { scopeMap: lastOf(scopeMapId), status, passwords },
      ]),
    ),
    bound: (connected?.clientTokenIds ?? []).map(lastOf),
    secrets: new Map(vault.secrets.map(({ name, versions }) => [name, versions])),
  };
}

function lastOf(id: string): string {
  return id.slice(id.lastIndexOf('/') + 1);
}

/** Whether a version of the secret can be read. */
export function isReadable({ secrets }: SimulatorState, name: string): boolean {
  return (secrets.get(name) ?? []).some(({ enabled }) => enabled !== false);
}
