import { randomUUID } from 'node:crypto';

/** An unfinished upload of a blob. */
export interface Upload {
  id: string;
  repository: string;
  client: string;
  chunks: Buffer[];
  size: number;
}

/** Uploads in progress. */
export interface Uploads {
  start(repository: string, client: string): Upload;
  /** Finds an upload, only for its own client and repository. */
  find(id: string, repository: string, client: string): Upload | undefined;
  end(upload: Upload): void;
}

/**
 * Keeps uploads in memory.
 * @param max number of uploads, above which the oldest is dropped: a client that disconnects does not end its upload
 */
export function createUploads(max = 100): Uploads {
  const open = new Map<string, Upload>();
  return {
    start(repository, client) {
      const upload: Upload = { id: randomUUID(), repository, client, chunks: [], size: 0 };
      open.set(upload.id, upload);
      const [oldest] = open.keys();
      if (open.size > max && oldest !== undefined) open.delete(oldest);
      return upload;
    },
    find(id, repository, client) {
      const upload = open.get(id);
      return upload?.repository === repository && upload.client === client ? upload : undefined;
    },
    end: (upload) => void open.delete(upload.id),
  };
}
