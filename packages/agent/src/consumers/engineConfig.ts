import { isRepositoryPattern, isWildcard } from '@connected-registry/protocol/names/permissions';
import type { RegistryCredentials } from '../secrets/dockerConfig.js';
import { GoObject, parseGoJson } from './goJson.js';
import type { GoValue } from './goJson.js';

/*
 * How container engines read a docker config.json. Sources: docker/cli, cli/config/configfile/file.go and
 * cli/config/credentials/file_store.go; containers/image, pkg/docker/config/config.go (podman, skopeo, buildah, cri-o).
 */

/** Fields that docker reads, by type. A wrong type makes docker reject every credential of the file. */
const STRINGS = [
  'psFormat',
  'imagesFormat',
  'networksFormat',
  'pluginsFormat',
  'volumesFormat',
  'statsFormat',
  'detachKeys',
  'credsStore',
  'serviceInspectFormat',
  'servicesFormat',
  'tasksFormat',
  'secretFormat',
  'configFormat',
  'nodesFormat',
  'currentContext',
  // Read by docker up to 20.10 and 26, which many devices have.
  'experimental',
  'stackOrchestrator',
];
const STRING_MAPS = ['HttpHeaders', 'credHelpers', 'aliases', 'features'];
const STRING_LISTS = ['pruneFilters', 'cliPluginsExtraDirs'];
const MAPS_OF_STRING_MAPS = ['plugins'];
const PROXY_STRINGS = ['httpProxy', 'httpsProxy', 'noProxy', 'ftpProxy', 'allProxy'];
const ENTRY_STRINGS = ['auth', 'username', 'password', 'email', 'serveraddress', 'identitytoken', 'registrytoken'];

/** Docker stores these under names that no endpoint can have. */
const DOCKER_HUB: readonly string[] = ['docker.io', 'index.docker.io', 'registry-1.docker.io'];

/** The parts of a config that define who signs in. */
export interface EngineConfig {
  root: GoObject;
  /** Entries by key, from all fields that Go reads as `auths`. */
  auths: ReadonlyMap<string, GoValue>;
  credsStore: string;
  credHelpers: ReadonlyMap<string, string>;
}

/** Parses a text as the engines do. Returns a text that says why they cannot. */
export function readEngineConfig(text: string): EngineConfig | string {
  const root = parseGoJson(text.trim() === '' ? '{}' : text);
  if (!(root instanceof GoObject)) return 'the file is not a docker config.json and is not changed';
  const wrong = wrongField(root);
  if (wrong !== undefined) return `docker cannot read the file: ${wrong}`;
  const auths = mapOf(root, 'auths', (value) => value);
  const credHelpers = mapOf(root, 'credHelpers', (value) => (typeof value === 'string' ? value : ''));
  return { root, auths, credHelpers, credsStore: stringOf(root, 'credsStore') };
}

/**
 * Explains why docker, or podman and skopeo, would sign in at the endpoint with other credentials; undefined if they
 * use these.
 */
export function engineProblem(text: string, credentials: RegistryCredentials): string | undefined {
  const config = readEngineConfig(text);
  if (typeof config === 'string') return config;
  const { endpoint } = credentials;
  const { auths, credHelpers, credsStore } = config;
  if (DOCKER_HUB.includes(endpoint)) return `docker keeps credentials for ${endpoint} under another name`;
  // A helper for the endpoint takes precedence over the general one, even with an empty name
  // (getConfiguredCredentialStore).
  if ((credHelpers.get(endpoint) ?? credsStore) !== '') {
    return `a credential helper takes precedence over the entry for ${endpoint}`;
  }
  const entry = auths.get(endpoint);
  if (entry === undefined || !isOf(entry, credentials)) return `the file has another credential for ${endpoint}`;
  // Docker stops at the first invalid entry; which entries it has read before is arbitrary (LoadFromReader).
  if ([...auths.values()].some((one) => userOf(one) === undefined)) {
    return "docker cannot read the file: an entry's auth is not base64 of user:password";
  }
  // Podman and skopeo look up host:port/namespace/repository first, and shorten it until an entry matches
  // (authKeyLookupOrder).
  if ([...auths].some(([key, one]) => isBelow(key, endpoint) && !isOf(one, credentials))) {
    return `an entry for a repository of ${endpoint} takes precedence over the one for ${endpoint} in podman and skopeo`;
  }
  return undefined;
}

/** Whether podman and skopeo look this key up for a repository of the endpoint. */
export function isBelow(key: string, endpoint: string): boolean {
  const path = key.startsWith(`${endpoint}/`) ? key.slice(endpoint.length + 1) : '';
  return isRepositoryPattern(path) && !isWildcard(path);
}

/** The user of an entry; empty if there is none, undefined if docker cannot decode its auth (decodeAuth). */
export function userOf(entry: GoValue): string | undefined {
  const decoded = decodedAuth(entry);
  if (decoded === '') return '';
  const at = decoded?.indexOf(':') ?? -1;
  return at < 1 ? undefined : decoded?.slice(0, at);
}

/** Whether an entry is exactly the credential: engines prefer tokens in the same entry. */
function isOf(entry: GoValue, { username, password }: RegistryCredentials): boolean {
  const tokens = [stringOf(entry, 'identitytoken'), stringOf(entry, 'registrytoken')];
  return decodedAuth(entry) === `${username}:${password}` && tokens.every((token) => token === '');
}

/** Decodes base64 as Go does: line ends are ignored, padding is required, other characters are not allowed. */
function decodedAuth(entry: GoValue): string | undefined {
  const auth = stringOf(entry, 'auth').replaceAll(/[\r\n]/g, '');
  const isBase64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(auth);
  return isBase64 ? Buffer.from(auth, 'base64').toString('utf8') : undefined;
}

/** The last string that a field is given. null leaves the value unchanged; on an object without a value it is empty. */
function stringOf(object: GoValue, field: string): string {
  if (!(object instanceof GoObject)) return '';
  return object.named(field).findLast((value) => typeof value === 'string') ?? '';
}

/** Reads a map: repeated fields are merged, null empties the map. */
function mapOf<T>(root: GoObject, field: string, read: (value: GoValue) => T): Map<string, T> {
  const map = new Map<string, T>();
  for (const given of root.named(field)) {
    if (given === null) map.clear();
    else if (given instanceof GoObject) for (const [key, value] of given.members) map.set(key, read(value));
  }
  return map;
}

/** Names the field that makes docker reject the file, without repeating its value. */
function wrongField(root: GoObject): string | undefined {
  const isString = (value: GoValue) => value === null || typeof value === 'string';
  const isList = (value: GoValue) => value === null || (Array.isArray(value) && value.every(isString));
  const mapOfAll = (holds: (value: GoValue) => boolean) => (value: GoValue) =>
    value === null || (value instanceof GoObject && value.members.every(([, inner]) => holds(inner)));
  const hasStrings = (names: readonly string[]) => (value: GoValue) =>
    value === null ||
    (value instanceof GoObject && names.every((name) => value.named(name).every((inner) => isString(inner))));
  const rules: [readonly string[], (value: GoValue) => boolean][] = [
    [STRINGS, isString],
    [STRING_MAPS, mapOfAll(isString)],
    [STRING_LISTS, isList],
    [MAPS_OF_STRING_MAPS, mapOfAll(mapOfAll(isString))],
    [['proxies'], mapOfAll(hasStrings(PROXY_STRINGS))],
    // Up to docker 20.10 (checkKubernetesConfiguration).
    [['kubernetes'], (value) => hasStrings(['allNamespaces'])(value) && isSwitch(stringOf(value, 'allNamespaces'))],
    [['auths'], mapOfAll(hasStrings(ENTRY_STRINGS))],
  ];
  for (const [fields, holds] of rules) {
    for (const field of fields) {
      const given = root.named(field);
      if (!given.every(holds)) return `its ${field} has the wrong type`;
      // Repeated `auths` are merged as the engines do. Any other field must be unique, because its meaning would be
      // unclear.
      if (field !== 'auths' && given.length > 1) return `it has ${field} twice`;
    }
  }
  return undefined;
}

function isSwitch(text: string): boolean {
  return ['', 'enabled', 'disabled'].includes(text);
}
