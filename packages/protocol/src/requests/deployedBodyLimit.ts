/**
 * Maximum bytes of a request's body, as sent, that the host of a deployed app accepts: a little more than Event Grid
 * delivers at once. infra sets it (`FUNCTIONS_REQUEST_BODY_SIZE_LIMIT`), because the host reads a body before the app
 * knows who sent it.
 */
export const DEPLOYED_BODY_LIMIT = 1_114_112;
