/**
 * Header of answers that nobody but their receiver may have, or that are true for a moment only. Source: RFC 9111,
 * 5.2.2.5.
 */
export const NOT_STORED = { 'cache-control': 'no-store' } as const;
