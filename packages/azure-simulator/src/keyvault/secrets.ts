import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { emitSecretEvent } from '../eventgrid/systemEvents.js';
import type { ApiReply } from '../http/message.js';
import type { Call, Route } from '../http/route.js';
import type { Plane } from '../plane.js';
import { secretBundle, secretItem } from './bundles.js';
import { nameIsTaken } from './deletedSecrets.js';
import { badParameter, secretDisabled, secretNotFound } from './errors.js';
import { purgeOverdue, unixSeconds } from './retention.js';
import { pageReply } from './pages.js';
import { newest, type Secret, type SecretVersion } from './vaultState.js';
import { vaultBody, vaultRoute } from './vaultRoute.js';
import { orUndefined } from '../http/orUndefined.js';

/** Limits on secrets (Azure docs: key-vault about-secrets, service-limits). */
const NAME = /^[0-9a-zA-Z-]{1,127}$/;
const LARGEST_VALUE = 25 * 1024;
const MAX_TAGS = 15;
const LONGEST_TAG = 256;

const attributes = z.object({
  enabled: z.boolean().nullish().transform(orUndefined),
  nbf: z.number().int().nullish().transform(orUndefined),
  exp: z.number().int().nullish().transform(orUndefined),
});
const tags = z.record(z.string(), z.string());
const setBody = z.object({
  value: z.string(),
  contentType: z.string().max(255).nullish().transform(orUndefined),
  tags: tags.nullish().transform(orUndefined),
  attributes: attributes.nullish().transform(orUndefined),
});
const updateBody = z.object({
  contentType: z.string().max(255).nullish().transform(orUndefined),
  tags: tags.nullish().transform(orUndefined),
  attributes: attributes.nullish().transform(orUndefined),
});
type Attributes = Partial<z.output<typeof attributes>>;

/** Routes of secrets and their versions. */
export function secretRoutes(plane: Plane): Route[] {
  return [
    vaultRoute(plane, 'GET', '/secrets', 'readMetadata', 'listSecrets', (call) =>
      pageReply(plane, call, plane.vault.secrets, (secret) => secretItem(plane, call, secret)),
    ),
    vaultRoute(plane, 'PUT', '/secrets/{name}', 'setSecret', 'setSecret', (call) => set(plane, call)),
    vaultRoute(plane, 'GET', '/secrets/{name}', 'getSecret', 'getSecret', (call) => get(plane, call)),
    vaultRoute(plane, 'GET', '/secrets/{name}/versions', 'readMetadata', 'listVersions', (call) =>
      versions(plane, call),
    ),
    vaultRoute(plane, 'GET', '/secrets/{name}/{version}', 'getSecret', 'getSecret', (call) => get(plane, call)),
    vaultRoute(plane, 'PATCH', '/secrets/{name}', 'update', 'updateSecret', (call) => update(plane, call)),
    vaultRoute(plane, 'PATCH', '/secrets/{name}/{version}', 'update', 'updateSecret', (call) => update(plane, call)),
  ];
}

function set(plane: Plane, call: Call): ApiReply {
  const name = call.params['name'] ?? '';
  if (!NAME.test(name)) {
    throw badParameter(`The request URI contains an invalid name: ${name}`);
  }
  const body = vaultBody(call, setBody);
  if (Buffer.byteLength(body.value) > LARGEST_VALUE) {
    throw badParameter(`Secret value exceeds maximum size of ${LARGEST_VALUE} bytes.`);
  }
  purgeOverdue(plane);
  if (plane.vault.deleted.get(name)) throw nameIsTaken(plane, name);
  const now = unixSeconds(plane);
  const version: SecretVersion = {
    version: randomBytes(16).toString('hex'),
    value: body.value,
    tags: checkedTags(body.tags ?? {}),
    enabled: body.attributes?.enabled ?? true,
    created: now,
    updated: now,
    ...(body.contentType === undefined ? {} : { contentType: body.contentType }),
    ...validity(body.attributes ?? {}),
  };
  const before = plane.vault.secrets.get(name);
  const secret: Secret = { name: before?.name ?? name, versions: [...(before?.versions ?? []), version] };
  plane.vault.secrets.set(secret);
  plane.commit();
  emitSecretEvent(plane, 'Microsoft.KeyVault.SecretNewVersionCreated', secret.name, version);
  plane.secretChanged(secret);
  return { status: 200, body: secretBundle(plane, call, secret, version, true) };
}

/**
 * Versions that are not yet valid or expired are returned too: nbf and exp only inform, `enabled` decides (Azure docs:
 * key-vault about-secrets, "Date-time controlled operations").
 */
function get(plane: Plane, call: Call): ApiReply {
  const { secret, version } = find(plane, call);
  if (!version.enabled) throw secretDisabled();
  return { status: 200, body: secretBundle(plane, call, secret, version, true) };
}

function update(plane: Plane, call: Call): ApiReply {
  const { secret, version } = find(plane, call);
  const body = vaultBody(call, updateBody);
  const changed: SecretVersion = {
    ...withoutPublished(version, body.attributes?.exp),
    updated: unixSeconds(plane),
    ...(body.contentType === undefined ? {} : { contentType: body.contentType }),
    ...(body.tags === undefined ? {} : { tags: checkedTags(body.tags) }),
    ...(body.attributes?.enabled === undefined ? {} : { enabled: body.attributes.enabled }),
    ...validity({
      nbf: body.attributes?.nbf ?? version.notBefore,
      exp: body.attributes?.exp ?? version.expires,
    }),
  };
  const rest = secret.versions.map((one) => (one.version === version.version ? changed : one));
  const kept: Secret = { name: secret.name, versions: rest };
  plane.vault.secrets.set(kept);
  plane.secretChanged(kept);
  return { status: 200, body: secretBundle(plane, call, kept, changed, false) };
}

/** In order of their ids, which are random: as in the service, the order does not reflect the age. */
function versions(plane: Plane, call: Call): ApiReply {
  const secret = plane.vault.secrets.get(call.params['name'] ?? '');
  if (!secret) throw secretNotFound(call.params['name'] ?? '');
  const named = secret.versions.map((one) => ({ ...one, name: one.version }));
  return pageReply(plane, call, named, (one) => secretBundle(plane, call, secret, one, false));
}

function find(plane: Plane, call: Call): { secret: Secret; version: SecretVersion } {
  const name = call.params['name'] ?? '';
  const secret = plane.vault.secrets.get(name);
  if (!secret) throw secretNotFound(name);
  const wanted = call.params['version'];
  if (wanted === undefined) return { secret, version: newest(secret) };
  const version = secret.versions.find((one) => one.version === wanted.toLowerCase());
  if (!version) throw secretNotFound(`${name}/${wanted}`);
  return { secret, version };
}

/** A version with a new expiry date gets its expiry events again. */
function withoutPublished(version: SecretVersion, expires: number | undefined): SecretVersion {
  const { published: _published, ...rest } = version;
  return expires === undefined || expires === version.expires ? version : rest;
}

function validity(given: Attributes): { notBefore?: number; expires?: number } {
  const { nbf, exp } = given;
  if (nbf !== undefined && exp !== undefined && nbf >= exp) {
    throw badParameter('The expiration date of the secret must be after its activation date.');
  }
  return { ...(nbf === undefined ? {} : { notBefore: nbf }), ...(exp === undefined ? {} : { expires: exp }) };
}

function checkedTags(given: Record<string, string>): Record<string, string> {
  const entries = Object.entries(given);
  if (entries.length > MAX_TAGS) throw badParameter(`A secret can have at most ${MAX_TAGS} tags.`);
  for (const [name, value] of entries) {
    if (name.length === 0 || name.length > LONGEST_TAG || value.length > LONGEST_TAG) {
      throw badParameter(`Names and values of tags can have at most ${LONGEST_TAG} characters.`);
    }
  }
  return given;
}
