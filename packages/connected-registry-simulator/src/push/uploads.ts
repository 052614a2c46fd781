import { randomUUID } from 'node:crypto';

/** A blob on its way in. */
export interface Upload {
  id: string;
  repository: string;
  client: string;
  chunks: Buffer[];
  size: number;
}

/** Uploads that have begun and not ended. */
export interface Uploads {
  begin(repository: string, client: string): Upload;
  /** Only for the client and the repository that it was begun for. */
  find(id: string, repository: string, client: string): Upload | undefined;
  end(upload: Upload): void;
}

/** Past `most` the one that was begun first is given up: a client that went away says nothing. */
export function createUploads(max = 100): Uploads {
  const open = new Map<string, Upload>();
  return {
    begin(repository, client) {
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
