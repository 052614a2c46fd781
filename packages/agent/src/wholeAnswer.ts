import type { ClientRequest } from 'node:http';
import { answerHead } from './answerHead.js';

export interface WholeAnswer {
  status: number;
  text: string;
}

/**
 * Sends a request with Node's HTTP client, which unlike fetch accepts a CA or a socket path, and reads the whole
 * answer.
 * @throws the reason why there is no answer, also if it is larger than `limit` bytes
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
