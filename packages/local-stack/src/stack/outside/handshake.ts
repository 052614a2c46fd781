import { CallRefused } from '../operator/callRefused.js';

/** Codes of connections that fail while the control plane, which is supervised, is being restarted. */
const RESTARTING = ['ECONNREFUSED', 'ECONNRESET'];

/**
 * Makes subscriptions whose webhook someone else starts.
 *
 * @returns false while nothing answers the webhook's handshake, or the control plane throttles or is being restarted
 * @throws any other error: repeating the call would not help
 */
export async function isHandshakeAnswered(subscribe: () => Promise<void>): Promise<boolean> {
  try {
    await subscribe();
    return true;
  } catch (error) {
    // Event Grid's code for a webhook that does not complete the handshake.
    if (error instanceof CallRefused && (error.code === 'Url validation' || error.status === 429)) return false;
    if (error instanceof Error && 'code' in error && RESTARTING.includes(String(error.code))) return false;
    throw error;
  }
}
