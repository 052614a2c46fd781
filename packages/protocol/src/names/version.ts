/**
 * The version of app, agent and workspaces: that of the root's package.json (`test/scripts/versions.test.ts` compares
 * them).
 */
export const VERSION = '0.2.0';
