import { z } from 'zod';
import { SLOT_NAMES } from '../registry/slots.js';

/* Schemas of what the API says about tokens that the app does not manage. Import types only (see answers.ts). */

const instant = z.iso.datetime();

/** The state by which `GET /api/clients` lists tokens instead of clients. */
export const UNMANAGED = 'unmanaged';

/** What a scope map grants in sum. */
const RIGHTS_KINDS = ['none', 'read', 'write', 'other', 'unknown'] as const;
export type RightsKind = (typeof RIGHTS_KINDS)[number];

export const unmanagedToken = z
  .object({
    registry: z.string(),
    connectedRegistry: z.string().describe('the connected registry whose client list has the token'),
    token: z.string(),
    state: z.literal(UNMANAGED),
    isEnabled: z.boolean().describe('absent if Azure does not report it').exactOptional(),
    createdAt: instant.describe('absent if Azure does not report it').exactOptional(),
    passwords: z
      .array(
        z
          .object({
            slot: z.enum(SLOT_NAMES),
            createdAt: instant,
            expiresAt: instant.describe('absent if it does not expire').exactOptional(),
            works: z.boolean().describe('whether it has not expired, so that a device may be using it'),
          })
          .readonly(),
      )
      .readonly()
      .describe('the slots that hold a password'),
    freeSlot: z
      .enum(SLOT_NAMES)
      .describe('the slot that an adoption would fill: empty or expired; absent if both hold passwords that work')
      .exactOptional(),
    scopeMap: z
      .object({
        name: z.string(),
        rights: z
          .enum(RIGHTS_KINDS)
          .describe(
            '`none`: it grants nothing; `read`: pulling and reading metadata only; `write`: also pushing or deleting; `other`: something that no request may ask for; `unknown`: it could not be found',
          ),
        actions: z.array(z.string()).readonly().describe('all permissions; absent if unknown').exactOptional(),
      })
      .readonly(),
    alsoBoundTo: z
      .array(z.string())
      .readonly()
      .describe('other connected registries that list the token; absent if there are none')
      .exactOptional(),
    claimedBy: z
      .object({ connectedRegistry: z.string(), client: z.string() })
      .readonly()
      .describe('the client to which the token belongs by the app’s record, although no secret names it')
      .exactOptional(),
    lastUse: z.literal('unknown').describe('no version of Azure Resource Manager reports when a token was used'),
  })
  .readonly()
  .describe(
    'A token that a connected registry accepts, and that no secret of the app names in any of its vaults. Sync tokens are not listed. Times are ISO 8601, UTC.',
  );
/** A token that is bound to a connected registry, and belongs to no client of the app. */
export type UnmanagedToken = z.infer<typeof unmanagedToken>;

export const unmanagedFinding = z
  .object({
    registry: z.string(),
    connectedRegistry: z.string(),
    token: z.string(),
    fix: z.string().describe('what can be done about it; the app does nothing by itself'),
  })
  .readonly()
  .describe('A token that a check found bound to a connected registry, and that no secret of the app names.');
/** An unmanaged token in the result of a check. */
export type UnmanagedFinding = z.infer<typeof unmanagedFinding>;
