import { sameName } from '@connected-registry/protocol/names/sameName';

/** A registry's ARM resource id, taken apart. */
export interface RegistryId {
  readonly subscriptionId: string;
  readonly resourceGroup: string;
  readonly name: string;
}

/**
 * Finds a registry among those that the settings name.
 *
 * @param registries the setting REGISTRIES.
 * @param name the registry's name in any case: ARM ignores case in names.
 * @returns the registry as the settings spell it; undefined where they do not name it.
 */
export function findRegistry(
  { registries }: { readonly registries: readonly RegistryId[] },
  name: string,
): RegistryId | undefined {
  return registries.find((id) => sameName(id.name, name));
}
