import type { ClientRequest, IncomingMessage } from 'node:http';

/** Maximum informational answers (1xx) before the final answer. A peer could send them without end. */
const MAX_INFORMATIONAL = 20;

/** The peer sent something that is not an answer to a GET or POST. Handled as a broken connection. */
class NoAnswer extends Error {
  override name = 'NoAnswer';
  /** The code that Node.js uses when a peer closes the connection. */
  readonly code = 'ECONNRESET';
}

/**
 * Sends a request with Node's HTTP client and waits for the head of the answer. It also ends if the peer sends an
 * upgrade (101), an unrequested tunnel, too many informational answers or half a head, or closes the connection without
 * an answer. (Node.js docs, http, ClientRequest: a client gets only responses and errors as events by default.) The
 * request's own signal limits the time.
 * @throws the reason why there is no answer
 */
export function answerHead(request: ClientRequest, body?: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    let informational = 0;
    const refuse = (why: string) => {
      const failure = new NoAnswer(why);
      reject(failure);
      request.destroy(failure);
    };
    request.once('response', resolve);
    // Stays registered after the head: errors in the body are reported by the error event of the message.
    request.on('error', reject);
    request.on('information', () => {
      informational += 1;
      if (informational > MAX_INFORMATIONAL) refuse('too many informational answers');
    });
    for (const event of ['upgrade', 'connect'] as const) {
      request.once(event, (_message, socket) => {
        socket.destroy();
        refuse('the answer uses another protocol');
      });
    }
    request.once('close', () => reject(new NoAnswer('no answer before the connection was closed')));
    request.end(body);
  });
}
