import type { ClientRequest } from 'node:http';

export interface WholeAnswer {
  status: number;
  text: string;
}

/**
 * Sends a request of Node's own client, which unlike fetch can be given a CA or a socket's path, and reads its answer to the
 * end. Throws whatever kept the answer away, also when it is larger than `limit` bytes.
 */
export function wholeAnswer(request: ClientRequest, body: string | undefined, limit: number): Promise<WholeAnswer> {
  return new Promise((resolve, reject) => {
    request.once('response', (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size > limit) request.destroy(new Error('the answer is too large'));
        else chunks.push(chunk);
      });
      response.once('error', reject);
      response.once('end', () =>
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }),
      );
    });
    request.once('error', reject);
    request.end(body);
  });
}
