import { z } from 'zod';
import { SLOT_NAMES } from '../registry/slots.js';
import { PRINCIPAL_TYPES } from '../requests/deviceIdentity.js';
import { CHANNEL_KINDS } from '../messages/deviceChannel.js';
import { verifiedPull } from '../messages/verifiedPull.js';
import { unmanagedFinding, unmanagedToken } from './unmanagedAnswers.js';

/* Schemas of the answers of the inventory and the check. Import types only (see answers.ts). */

const instant = z.iso.datetime();

/** States of a client, the worst first. A client in several states is reported in the first of them. */
export const CLIENT_STATES = [
  'orphaned',
  'revoked',
  'expired',
  'unbound',
  'drifted',
  'changing',
  'expiring',
  'ok',
] as const;
export const clientState = z
  .enum(CLIENT_STATES)
  .describe(
    '`orphaned`: its token is gone; `revoked`: token and secret are disabled; `expired`; `unbound`: its connected registry does not list the token; `drifted`: something differs from the setup, see `differences`; `changing`: a run in progress explains the differences; `expiring`: less than a fifth of its lifetime remains; `ok`',
  );
export type ClientState = z.infer<typeof clientState>;

export const DIFFERENCE_CODES = [
  'token-missing',
  'token-disabled',
  'token-scope-map',
  'token-shared',
  'scope-map-missing',
  'scope-map-rights',
  'password-missing',
  'password-replaced',
  'password-expired',
  'secret-disabled',
  'endpoint',
  'binding-missing',
  'bound-elsewhere',
  'connected-registry-missing',
  'vault-differs',
  'vault-not-configured',
  'access-missing',
  'access-foreign',
  'device-silent',
  'fact-unknown',
] as const;

export const difference = z
  .object({
    code: z.enum(DIFFERENCE_CODES),
    expected: z.string().describe('what was set').exactOptional(),
    found: z.string().exactOptional(),
    assignment: z.string().describe('of `access-foreign`: resource id of the role assignment').exactOptional(),
  })
  .readonly()
  .describe('One way in which a client differs from its setup.');
/** One way in which a client differs from its setup. */
export type Difference = z.infer<typeof difference>;

const reachPoller = z
  .object({
    objectId: z.string().describe('object id of the Entra identity'),
    since: instant,
    lastContactAt: instant.describe('its last request for messages, to within an hour; absent before').exactOptional(),
  })
  .readonly()
  .describe(
    "the identity that polls the client's messages, by the client's record; the setting's pollers are not shown",
  );

export const clientReach = z
  .object({
    kind: z
      .enum(['joined', 'hub', ...CHANNEL_KINDS])
      .describe(
        '`joined`: the device has keys of its own, and asks for its messages; `poll` also if the record names a poller; `hub`: it gets them through its IoT Hub, sealed to keys that it reports there; else the channel of the profile',
      ),
    thumbprint: z
      .string()
      .describe('the thumbprint of the signing key of a device that has keys of its own')
      .exactOptional(),
    joinedAt: instant.exactOptional(),
    keysSince: instant.describe('when it got its present keys').exactOptional(),
    lastContactAt: instant
      .describe('its last signed request, to within an hour; absent if there was none since it joined')
      .exactOptional(),
    enrolment: z
      .object({ state: z.enum(['open', 'used', 'expired']), expiresAt: instant })
      .readonly()
      .describe('the last join token that was issued for the client, which is never shown again')
      .exactOptional(),
    poller: reachPoller.exactOptional(),
  })
  .readonly()
  .describe("How a client's device is reached.");
export type ClientReach = z.infer<typeof clientReach>;

export const pollerAnswer = z
  .object({ key: z.string().describe("the client's key"), poller: reachPoller })
  .readonly()
  .describe('The poller of a client, by its record.');
/** Answer to `PUT /api/clients/{key}/poller`. */
export type PollerAnswer = z.infer<typeof pollerAnswer>;

export const clientView = z
  .object({
    key: z.string().describe("the client's key in paths and operation ids; also its secret's name"),
    registry: z.string(),
    connectedRegistry: z.string(),
    client: z.string(),
    state: clientState,
    differences: z.array(difference).readonly(),
    token: z.string(),
    scopeMap: z
      .object({
        name: z.string(),
        actions: z
          .array(z.string())
          .readonly()
          .describe('permissions that it grants now; a list of clients shows the first 20'),
        actionCount: z.int().min(0),
      })
      .readonly(),
    slot: z.enum(SLOT_NAMES).describe("the token's password that the secret holds"),
    issuedAt: instant.describe('when that password was created'),
    expiresOn: instant,
    bound: z.boolean().describe('whether the connected registry lists the token'),
    endpoint: z.string().describe('host:port that the secret is for').exactOptional(),
    vault: z.string().describe('host of the vault that has the secret'),
    secret: z.object({ name: z.string(), isEnabled: z.boolean() }).readonly(),
    pull: verifiedPull.describe('the last verified pull').exactOptional(),
    identity: z
      .object({ principalId: z.string(), principalType: z.enum(PRINCIPAL_TYPES) })
      .readonly()
      .describe('the identity that the app lets read the secrets; only in the answer about one client')
      .exactOptional(),
    running: z.string().describe('the operation that is under way').exactOptional(),
    reach: clientReach.describe('in lists only with `reach=true`').exactOptional(),
  })
  .readonly()
  .describe('A client that has a credential, from the tags of its secret and from ARM. Times are ISO 8601, UTC.');
/** A client in the inventory. */
export type ClientView = z.infer<typeof clientView>;

export const absentClient = z
  .object({
    key: clientView.unwrap().shape.key,
    state: z.literal('absent').describe('the vault has no credential of it'),
    reach: clientReach.unwrap().extend({
      kind: z
        .enum(['joined', 'hub', 'poll', 'unknown'])
        .describe(
          '`unknown`: no device has keys of its own, no poller is recorded, and without a credential the profile of the client is not known',
        ),
    }),
    running: clientView.unwrap().shape.running,
  })
  .readonly()
  .describe(
    'A client without a credential, for which a join token was issued or a poller is recorded, or whose device has keys of its own. Its names are not shown.',
  );
/** A client whose device has keys of its own, or may join or poll, before it has a credential. */
export type AbsentClient = z.infer<typeof absentClient>;

export const clientAnswer = z
  .union([clientView, absentClient])
  .describe('A client: with a credential, or as far as it is known without one.');
/** The answer about one client. */
export type ClientAnswer = z.infer<typeof clientAnswer>;

export const clientPage = z
  .object({
    clients: z
      .array(clientView)
      .readonly()
      .describe('may have fewer items than `top`, even none, although more pages follow'),
    unmanaged: z
      .array(unmanagedToken)
      .readonly()
      .describe(
        'only with `state=unmanaged`, and then in place of clients: tokens that belong to no client, by registry, connected registry and name',
      )
      .exactOptional(),
    continuation: z.string().describe('for the next page; absent on the last').exactOptional(),
  })
  .readonly()
  .describe('A page of clients, in the order of their keys.');
export type ClientPage = z.infer<typeof clientPage>;

/** The verdict of a check about a client: its state, or that it has no credential, or that its vault cannot be read. */
const verdict = z.enum([...CLIENT_STATES, 'silent', 'absent', 'unknown']);
export type Verdict = z.infer<typeof verdict>;

export const checkFinding = z
  .object({
    registry: z.string(),
    connectedRegistry: z.string(),
    client: z.string(),
    state: verdict.describe(
      "the client's state; `silent`: as `ok`, but its device, which has keys of its own or a recorded poller, was not heard of for long; `absent`: its vault has no credential of it; `unknown`: the settings do not list the vault that has its credential",
    ),
    expiresOn: instant.exactOptional(),
    differences: z.array(difference).readonly(),
    fix: z
      .string()
      .describe('fixes, one on each line; a command is at the end of its line. Absent if nothing needs to be done')
      .exactOptional(),
    running: z.string().describe('the operation in progress for a client that differs').exactOptional(),
  })
  .readonly()
  .describe('Findings of a check about one client.');
export type CheckFinding = z.infer<typeof checkFinding>;

export const unusedResource = z
  .object({
    kind: z.enum(['token', 'scopeMap']),
    registry: z.string(),
    name: z.string(),
    reason: z.string().describe('why it looks like one that the app made'),
  })
  .readonly()
  .describe(
    'A token without a secret, or a scope map without a token, that looks like one that the app made. The app does not change it.',
  );
export type UnusedResource = z.infer<typeof unusedResource>;

export const checkWarning = z
  .object({
    code: z.enum([
      'message-ttl-exceeded',
      'message-ttl-too-short',
      'sync-schedule-unreadable',
      'names-differ-in-case',
      'names-not-compared',
      'role-assignments-near-limit',
      'role-assignments-uncounted',
      'vault-not-configured',
    ]),
    registry: z.string(),
    connectedRegistry: z.string(),
    message: z.string(),
    fix: z.string(),
  })
  .readonly()
  .describe('A risk to clients: a problem of a connected registry or of names.');
export type CheckWarning = z.infer<typeof checkWarning>;

export const checkResult = z
  .object({
    checked: z.int().min(0).describe('clients that were checked'),
    counts: z.partialRecord(verdict, z.int().min(1)).describe('how many clients are in each state'),
    findings: z
      .array(checkFinding)
      .readonly()
      .describe('every client in the request; for a check of all clients, those that are not `ok`'),
    omittedFindings: z.int().min(0).describe('number of further clients that are not listed'),
    unused: z.array(unusedResource).readonly().describe('only in a check of all clients'),
    omittedUnused: z.int().min(0),
    unmanaged: z
      .array(unmanagedFinding)
      .readonly()
      .describe(
        'bound tokens that no secret of the app names, unless they are in `unused`; only in a check of all clients',
      )
      .exactOptional(),
    omittedUnmanaged: z.int().min(0).exactOptional(),
    warnings: z.array(checkWarning).readonly(),
  })
  .readonly()
  .describe('Findings of a check, which changes nothing.');
export type CheckResult = z.infer<typeof checkResult>;
