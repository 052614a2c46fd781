import { readState } from '../faults/simulatorState.js';
import { pullManifest } from '../harness/edge.js';
import type { TestStack } from '../harness/testStack.js';
import type { Client, SchedulePlayer } from './schedulePlayer.js';

/** Seconds within which a run ends when nothing disturbs it any more. */
const TO_END = 300;

/** What must be true of clients when their schedule is over, and does not depend on what it was. */
export class EndState {
  constructor(
    private readonly it: TestStack,
    private readonly player: SchedulePlayer,
  ) {}

  /** One more request makes a client whole. */
  async works(client: Client): Promise<string[]> {
    const { app, operator } = this.it;
    const wrong: string[] = [];
    const id = await app.start(this.player.requestFor(client));
    const ended = await app.lastEnd(id, TO_END);
    if (ended.status !== 'completed') return [`${client.name} ends ${ended.status}: ${ended.failure?.message ?? ''}`];
    const { bound, tokens, secrets } = await readState(this.it);
    if (bound.filter((token) => token === client.token).length !== 1) wrong.push(`${client.name} is not bound once`);
    if (tokens.get(client.token)?.status !== 'enabled') wrong.push(`${client.name} has no enabled token`);
    if ((secrets.get(`${client.secret}-candidate`) ?? []).some(({ enabled }) => enabled !== false))
      wrong.push(`${client.name} has an enabled candidate`);
    const pulled = await pullManifest(await operator.login(client.secret), 'hello-world');
    if (pulled.status !== 200) wrong.push(`${client.name}'s password is refused: ${pulled.step} ${pulled.status}`);
    return wrong;
  }

  /** The next requests, all at once, write nothing. */
  async converges(clients: readonly Client[]): Promise<string[]> {
    const { app } = this.it;
    const before = await readState(this.it);
    const ids = await Promise.all(clients.map((client) => app.start(this.player.requestFor(client))));
    const ended = await Promise.all(ids.map((id) => app.lastEnd(id, TO_END)));
    const after = await readState(this.it);
    const wrong = ended.flatMap(({ status, failure }) =>
      status === 'completed' ? [] : [`a request again ends ${status}: ${failure?.message ?? ''}`],
    );
    for (const { token, secret } of clients) {
      if (JSON.stringify(after.tokens.get(token)) !== JSON.stringify(before.tokens.get(token)))
        wrong.push(`a request again has changed token ${token}`);
      if (JSON.stringify(after.secrets.get(secret)) !== JSON.stringify(before.secrets.get(secret)))
        wrong.push(`a request again has changed secret ${secret}`);
    }
    return wrong;
  }
}
