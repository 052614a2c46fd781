import type { SlotName } from '@connected-registry/protocol/registry/slots';
import type {
  ConnectedRegistryFacts,
  GeneratedPassword,
  RegistryControlPlane,
  RegistryFacts,
  ScopeMapContent,
  ScopeMapFacts,
  TokenFacts,
} from '../../../../src/ports/registryControlPlane.js';
import { ServiceError } from '../../../../src/serviceErrors/serviceError.js';
import { resourceName } from '../../../../src/serviceErrors/serviceFacts.js';
import { notFound, refused } from '../durable/wire.js';

interface Password {
  readonly value: string;
  readonly createdAt: string;
  readonly expiresAt?: string;
}

export interface FakeToken {
  scopeMap: string;
  isEnabled: boolean | undefined;
  createdAt: string;
  isBeingCreated?: true | undefined;
  slots: Partial<Record<SlotName, Password>>;
}

/** A registry's management side in memory: names ignore case, a PUT over a token wipes it, a PATCH replaces lists. */
export class FakeControlPlane implements RegistryControlPlane {
  registry: RegistryFacts | undefined;
  readonly connectedRegistries = new Map<string, ConnectedRegistryFacts>();
  readonly scopeMaps = new Map<string, ScopeMapFacts>();
  readonly tokens = new Map<string, FakeToken>();
  /** Tokens that the service does not take into a client list, and what it says. */
  readonly spoilt = new Set<string>();
  /** Runs after each write of a client list: a writer who does not know of us. */
  foreignWriter: ((tokens: string[]) => string[]) | undefined;
  /** Seconds that the creation of a token takes; undefined if it is done at once. */
  createsTokensIn: number | undefined;
  private passwords = 0;

  async getRegistry(): Promise<RegistryFacts | undefined> {
    return this.registry;
  }

  async listConnectedRegistries(): Promise<ConnectedRegistryFacts[]> {
    if (!this.registry) throw notFound('registry');
    return [...this.connectedRegistries.values()];
  }

  async getConnectedRegistry(_: string, name: string): Promise<ConnectedRegistryFacts | undefined> {
    return this.connectedRegistries.get(name.toLowerCase());
  }

  async setClientTokens(_: string, name: string, tokens: readonly string[]): Promise<void> {
    const spoiler = tokens.find((token) => this.spoilt.has(token));
    if (spoiler !== undefined) throw refused(name);
    this.change(name, { clientTokens: [...tokens] });
    const foreign = this.foreignWriter;
    if (foreign) this.change(name, { clientTokens: foreign([...tokens]) });
  }

  async getScopeMap(_: string, name: string): Promise<ScopeMapFacts | undefined> {
    return this.scopeMaps.get(name.toLowerCase());
  }

  async createScopeMap(_: string, name: string, content: ScopeMapContent): Promise<void> {
    this.scopeMaps.set(name.toLowerCase(), { name, createdAt: new Date().toISOString(), ...content });
  }

  async setScopeMapActions(_: string, name: string, actions: readonly string[]): Promise<void> {
    const found = this.scopeMaps.get(name.toLowerCase());
    if (!found) throw refused(name);
    this.scopeMaps.set(name.toLowerCase(), { ...found, actions });
  }

  async deleteScopeMap(_: string, name: string): Promise<void> {
    this.scopeMaps.delete(name.toLowerCase());
  }

  async getToken(_: string, name: string): Promise<TokenFacts | undefined> {
    const found = this.tokens.get(name.toLowerCase());
    if (!found) return undefined;
    const slots = Object.fromEntries(
      Object.entries(found.slots).map(([slot, { createdAt, expiresAt }]) => [
        slot,
        { createdAt, ...(expiresAt ? { expiresAt } : {}) },
      ]),
    );
    const { scopeMap, isEnabled, createdAt, isBeingCreated } = found;
    return { name, scopeMap, isEnabled, createdAt, ...(isBeingCreated ? { isBeingCreated } : {}), slots };
  }

  async listTokens(registry: string): Promise<TokenFacts[]> {
    const found = await Promise.all([...this.tokens.keys()].map((name) => this.getToken(registry, name)));
    return found.filter((token) => token !== undefined);
  }

  async listScopeMaps(): Promise<ScopeMapFacts[]> {
    return [...this.scopeMaps.values()];
  }

  async listTokensOf(_: string, scopeMap: string): Promise<string[]> {
    return [...this.tokens]
      .filter(([, token]) => token.scopeMap.toLowerCase() === scopeMap.toLowerCase())
      .map(([name]) => name);
  }

  async createToken(_: string, name: string, scopeMap: string): Promise<{ readonly readyInSeconds?: number }> {
    if (!this.scopeMaps.has(scopeMap.toLowerCase())) throw refused(name);
    const token = { scopeMap, isEnabled: true, createdAt: new Date().toISOString(), slots: {} };
    this.tokens.set(name.toLowerCase(), token);
    return this.createsTokensIn === undefined ? {} : { readyInSeconds: this.createsTokensIn };
  }

  async setTokenScopeMap(_: string, name: string, scopeMap: string): Promise<void> {
    // As ARM does (packages/azure-simulator/src/arm/tokens/tokens): a map that is gone can be given to nobody.
    if (!this.scopeMaps.has(scopeMap.toLowerCase()) && !this.scopeMaps.has(scopeMap)) throw refused(scopeMap);
    this.token(name).scopeMap = scopeMap;
  }

  async disableToken(_: string, name: string): Promise<void> {
    const token = this.tokens.get(name.toLowerCase());
    if (token) token.isEnabled = false;
  }

  async enableToken(registry: string, name: string, keep: readonly SlotName[]): Promise<void> {
    this.token(name).isEnabled = true;
    await this.keepOnlySlots(registry, name, keep);
  }

  async keepOnlySlots(_: string, name: string, keep: readonly SlotName[]): Promise<void> {
    const token = this.tokens.get(name.toLowerCase());
    if (!token) return;
    token.slots = Object.fromEntries(Object.entries(token.slots).filter(([slot]) => keep.some((k) => k === slot)));
  }

  /** As ARM does, while a connected registry lists it. */
  async deleteToken(_: string, name: string): Promise<void> {
    const isListed = [...this.connectedRegistries.values()].some((one) =>
      one.clientTokens.some((token) => token.toLowerCase() === name.toLowerCase()),
    );
    if (isListed)
      throw new ServiceError({
        kind: 'conflict',
        operation: 'delete token',
        resource: resourceName(name),
        status: 409,
      });
    this.tokens.delete(name.toLowerCase());
  }

  async generatePassword(_: string, name: string, slot: SlotName, expiresAt: Date): Promise<GeneratedPassword> {
    this.passwords += 1;
    const value = `pass/word+${this.passwords}=`;
    const createdAt = new Date(Date.now() + this.passwords).toISOString();
    this.token(name).slots[slot] = { value, createdAt, expiresAt: expiresAt.toISOString() };
    return { userName: name, value, createdAt };
  }

  /** Whether the registry would let a client in with this password. */
  accepts(name: string, password: string): boolean {
    const token = this.tokens.get(name.toLowerCase());
    return token?.isEnabled === true && Object.values(token.slots).some(({ value }) => value === password);
  }

  clientsOf(connectedRegistry: string): readonly string[] {
    return this.connectedRegistries.get(connectedRegistry.toLowerCase())?.clientTokens ?? [];
  }

  change(connectedRegistry: string, part: Partial<ConnectedRegistryFacts>): void {
    const found = this.connectedRegistries.get(connectedRegistry.toLowerCase());
    if (!found) throw notFound(connectedRegistry);
    this.connectedRegistries.set(connectedRegistry.toLowerCase(), { ...found, ...part });
  }

  token(name: string): FakeToken {
    const found = this.tokens.get(name.toLowerCase());
    if (!found) throw notFound(name);
    return found;
  }
}
