/** What an option or argument that names a poller means. */
export const POLLER_HELP = 'Entra identity that polls the client’s messages; it gives no right to read secrets';
