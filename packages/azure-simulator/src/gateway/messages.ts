import { z } from 'zod';

/**
 * The messages of a sync. The real service has its own private protocol; only the contents are similar: client tokens
 * with their permissions and password hashes, and the repositories to sync. All levels use this format: the control
 * plane to its connected registries, and those to their children.
 */
const time = z.string();
const optionalText = z
  .string()
  .nullish()
  .transform((value) => value ?? undefined)
  .optional();

const password = z.object({
  name: z.string(),
  salt: z.string(),
  hash: z.string(),
  expiry: z.iso
    .datetime({ offset: true })
    .nullish()
    .transform((value) => value ?? undefined)
    .optional(),
  /** Only for sync tokens: a deactivated connected registry returns with one that was created later. */
  creationTime: optionalText,
});
export type SlotPassword = z.infer<typeof password>;

export const clientToken = z.object({
  name: z.string(),
  enabled: z.boolean(),
  actions: z.array(z.string()),
  passwords: z.array(password.omit({ creationTime: true })),
});
export type ClientToken = z.infer<typeof clientToken>;

export const configuration = z.object({
  name: z.string(),
  mode: z.string(),
  schedule: optionalText,
  syncWindow: optionalText,
  messageTtl: optionalText,
  status: optionalText,
  /** Names of all bound client tokens. A token that is not listed no longer exists at the edge. */
  clientTokens: z.array(z.string()).optional(),
});
export type Configuration = z.infer<typeof configuration>;

export const syncToken = z.object({ name: z.string(), enabled: z.boolean(), passwords: z.array(password) });
export type SyncToken = z.infer<typeof syncToken>;

export const repository = z.object({ name: z.string(), tags: z.array(z.string()) });
export type SyncedRepository = z.infer<typeof repository>;

const message = <T extends z.ZodType>(content: T) =>
  z.object({
    /** When the cloud made the change. Distinguishes a new message from a repeated one. */
    changedAt: time,
    /** When the message started to wait here for its connected registry. */
    queuedAt: time,
    content,
  });
/** A change that waits for a sync. A later change of the same item replaces it. */
export interface Message<T> {
  changedAt: string;
  queuedAt: string;
  content: T;
}

/**
 * The messages that a parent has for one connected registry. Configuration and tokens are messages, which expire. Every
 * sync compares the repositories, so their changes are never lost.
 */
export interface Mailbox {
  name: string;
  /** Changes when everything must be delivered again: after an activation and on request. */
  epoch: string;
  configuration?: Message<Configuration> | undefined;
  syncToken?: Message<SyncToken> | undefined;
  tokens: Message<ClientToken>[];
  repositories: SyncedRepository[];
  /** Actions of its own sync scope map and of every ancestor's. */
  scopes: string[][];
  children: Mailbox[];
}

export const mailbox: z.ZodType<Mailbox> = z.object({
  name: z.string(),
  epoch: z.string(),
  configuration: message(configuration).optional(),
  syncToken: message(syncToken).optional(),
  tokens: z.array(message(clientToken)),
  repositories: z.array(repository),
  scopes: z.array(z.array(z.string())),
  get children() {
    return z.array(mailbox);
  },
});

/** The answer to a sync. */
export const delivery = z.object({
  generation: z.string(),
  /**
   * True if it contains everything: what is missing does not exist. Otherwise it contains only new messages that have
   * not expired.
   */
  complete: z.boolean().default(true),
  connectedRegistry: configuration.optional(),
  tokens: z.array(clientToken),
  repositories: z.array(repository),
  scopes: z.array(z.array(z.string())).default([]),
  children: z.array(mailbox).default([]),
});
export type Delivery = z.infer<typeof delivery>;

const statusDetail = z.object({
  type: z.string(),
  code: z.string(),
  description: z.string(),
  correlationId: z.string().default(''),
});
export type StatusDetail = z.infer<typeof statusDetail>;

const about = {
  version: z.string().max(64).nullish().transform(absent).optional(),
  statusDetails: z.array(statusDetail).max(20).nullish().transform(absent).optional(),
  /** Tags that clients pushed to it and that have not been confirmed by the cloud yet. */
  pushed: z
    .array(z.object({ repository: z.string(), tag: z.string() }))
    .max(1_000)
    .nullish()
    .transform(absent)
    .optional(),
};

/** A parent's report about a connected registry below it, which does not contact the cloud itself. */
const descendantReport = z.object({
  name: z.string(),
  /** When it last synced with its own parent. */
  syncedAt: z.iso.datetime({ offset: true }),
  /** When the sync password that it used was created. */
  credentialFrom: optionalText,
  ...about,
});
export type DescendantReport = z.infer<typeof descendantReport>;

/** What a connected registry sends with a sync. */
export const syncRequest = z.object({
  lastGeneration: z.string().nullish().transform(absent).optional(),
  /** When this sync was due. With a jumping clock this may be long before it arrives. */
  dueAt: z.iso.datetime().nullish().transform(absent).optional(),
  ...about,
  descendants: z.array(descendantReport).max(500).nullish().transform(absent).optional(),
});
export type SyncRequest = z.infer<typeof syncRequest>;

function absent<T>(value: T | null | undefined): T | undefined {
  return value ?? undefined;
}
