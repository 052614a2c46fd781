/** What one client's resources are called; requests name them, so that every call tells whose it is. */
export interface ClientNames {
  readonly client: string;
  readonly token: string;
  readonly scopeMap: string;
  /** The main secret; the candidate's name begins with it. */
  readonly secret: string;
}

/** One call of the app as the fault matrix counts it. */
export interface CallName {
  /** Method and path, names of one client's resources replaced: equal for all clients. */
  readonly key: string;
  /** Whose call it is; undefined when it names nobody, or everybody. */
  readonly client: string | undefined;
}

const REGISTRY_PATH = /^\/subscriptions\/[^/]+\/resourceGroups\/[^/]+\/providers\/Microsoft\.ContainerRegistry\//i;

/**
 * Names a call. Nothing here lists the calls that there are: a call that an onboarding learns to make gets a name, and
 * with it a row in the matrix, by itself.
 */
export class CallNames {
  readonly #clients: ClientNames[] = [];

  constructor(private readonly connectedRegistry: string) {}

  add(names: ClientNames): void {
    this.#clients.push(names);
  }

  of(method: string, path: string, body: string): CallName {
    const segments = path.replace(REGISTRY_PATH, '/').split('/').filter(Boolean).map(decodeURIComponent);
    const inPath = this.#clients.find(({ token, scopeMap, secret }) =>
      segments.some((segment) => [token, scopeMap, secret, `${secret}-candidate`].includes(segment)),
    );
    const event = segments[0] === 'topics' ? eventOf(body) : undefined;
    const client =
      inPath?.client ??
      event?.client ??
      (segments.at(-1) === 'generateCredentials'
        ? this.#clients.find(({ token }) => body.includes(`/tokens/${token}"`))?.client
        : undefined);
    // A path of the subscription's own names that subscription, which every stack has another one of.
    const template = segments.map((segment, index) => this.#placeholder(segment, segments[index - 1], inPath));
    return { key: [method, template.join('/'), ...(event ? [event.type] : [])].join(' '), client };
  }

  #placeholder(segment: string, before: string | undefined, names: ClientNames | undefined): string {
    if (segment === this.connectedRegistry) return '{connectedRegistry}';
    if (before === 'operationStatuses' || before === 'operationResults') return '{id}';
    if (before === 'registries') return '{registry}';
    if (before?.toLowerCase() === 'subscriptions') return '{subscription}';
    if (/^[0-9a-f]{32}$/.test(segment)) return '{version}';
    if (!names) return segment;
    if (segment === names.token) return '{token}';
    if (segment === names.scopeMap) return '{scopeMap}';
    if (segment.startsWith(names.secret)) return segment.replace(names.secret, '{secret}');
    return segment;
  }
}

/** The client and the kind of the first event in a publish. */
function eventOf(body: string): { client: string | undefined; type: string } {
  return {
    client: /"client":"([^"]*)"/.exec(body)?.[1],
    type: /"type":"(?:[^".]*\.)?([^"]*)"/.exec(body)?.[1] ?? 'event',
  };
}
