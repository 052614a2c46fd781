import { X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ensureCertificates } from '../../src/tls/certificates.js';

describe('local certificates', () => {
  let dir: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'tls-'));
  });
  afterEach(() => rm(dir, { recursive: true, force: true, maxRetries: 5 }));

  it.each(['localhost', '127.0.0.1'])('are trusted for %s only by a client that has the CA', async (host) => {
    const files = await ensureCertificates(dir);
    const server = createServer(
      { cert: await readFile(files.certFile), key: await readFile(files.keyFile) },
      (_, response) => response.end('hello'),
    );
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', () => resolve());
    });
    const { port } = server.address() as AddressInfo;
    const ask = (ca?: Buffer): Promise<string> =>
      new Promise((resolve, reject) => {
        const options = { host, port, agent: false as const, ...(ca && { ca }) };
        const sent = request(options, (response) => {
          response.on('data', (chunk: Buffer) => resolve(chunk.toString()));
        });
        sent.on('error', reject).end();
      });

    await expect(ask(await readFile(files.caFile))).resolves.toBe('hello');
    await expect(ask()).rejects.toThrow(/certificate/);

    server.closeAllConnections();
    server.close();
  });

  it('are created once', async () => {
    const files = await ensureCertificates(dir);
    const before = await readFile(files.caFile, 'utf8');
    await ensureCertificates(dir);

    expect(await readFile(files.caFile, 'utf8')).toBe(before);
  });

  it('are created again if one of the files is damaged', async () => {
    const files = await ensureCertificates(dir);
    await writeFile(files.keyFile, 'rubbish');
    await ensureCertificates(dir);
    const certificate = new X509Certificate(await readFile(files.certFile));

    expect(certificate.verify(new X509Certificate(await readFile(files.caFile)).publicKey)).toBe(true);
    expect(await readFile(files.keyFile, 'utf8')).toContain('PRIVATE KEY');
  });

  it('are valid for more than 20 years, and only their owner can read the private key', async () => {
    const files = await ensureCertificates(dir);

    const certificate = new X509Certificate(await readFile(files.certFile));

    expect(new Date(certificate.validTo).getFullYear()).toBeGreaterThan(new Date().getFullYear() + 20);
    expect((await stat(files.keyFile)).mode & 0o077).toBe(0);
  });
});
