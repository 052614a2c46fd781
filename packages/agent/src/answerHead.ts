import type { ClientRequest, IncomingMessage } from 'node:http';

/** Informational answers (1xx) that are heard out before a request's own: a peer could send them without end. */
const MAX_INFORMATIONAL = 20;

/** A peer that answers by what is no answer to a GET or POST: it is of the same kind as a connection that is cut. */
class NoAnswer extends Error {
  override name = 'NoAnswer';
  /** As Node.js names a connection that a peer has ended. */
  readonly code = 'ECONNRESET';
}

/**
 * Sends a request of Node's own client, and waits for the head of its answer. Ends whatever the peer does: an upgrade (101) or a
 * tunnel that nobody asked for, a close without an answer, informational answers, half a head (Node.js docs, http,
 * ClientRequest: of these only a response and an error are events that a client gets by itself). How long it may take, the
 * request's own signal says. Rejects with what kept the answer away.
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
    // Also after the head: the error event of the message reports what goes wrong in the body.
    request.on('error', reject);
    request.on('information', () => {
      informational += 1;
      if (informational > MAX_INFORMATIONAL) refuse('too many informational answers');
    });
    for (const event of ['upgrade', 'connect'] as const) {
      request.once(event, (_message, socket) => {
        socket.destroy();
        refuse('an answer in another protocol');
      });
    }
    request.once('close', () => reject(new NoAnswer('no answer before the connection was closed')));
    request.end(body);
  });
}
