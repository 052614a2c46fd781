import type { ClientRequest } from 'node:http';
import { answerHead } from './answerHead.js';

export interface WholeAnswer {
  status: number;
  text: string;
}

/**
 * Sends a request of Node's own client, which unlike fetch can be given a CA or a socket's path, and reads its answer to the
 * end. Throws whatever kept the answer away, also when it is larger than `limit` bytes.
 */
export async function wholeAnswer(
  request: ClientRequest,
  body: string | undefined,
  limit: number,
): Promise<WholeAnswer> {
  const response = await answerHead(request, body);
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response) {
    const bytes = Buffer.from(chunk as Uint8Array);
    size += bytes.length;
    if (size > limit) {
      request.destroy();
      throw new Error('the answer is too large');
    }
    chunks.push(bytes);
  }
  return { status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') };
}
