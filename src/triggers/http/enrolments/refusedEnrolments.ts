import { createHash } from 'node:crypto';
import type { EnrolmentRefused } from '@connected-registry/protocol/messages/operatorAlerts';
import { logEvent } from '../../../audit/audit.js';
import { isYounger } from '../../../domain/times/isYounger.js';
import type { OperatorAlerts } from '../../../ports/operatorAlerts.js';
import { inTime } from '../../../queries/inTime.js';
import { errorPlace } from '../../../serviceErrors/errorPlace.js';
import { ServiceError } from '../../../serviceErrors/serviceError.js';

/**
 * Milliseconds between two alerts about one join token for one reason, so that whoever has a copy cannot flood the
 * topic.
 */
const ALERT_PAUSE = 10 * 60_000;

/** Join tokens and reasons that are remembered. Beyond that, the oldest are forgotten. */
const MAX_REMEMBERED = 1_000;

/** Milliseconds that an answer waits for its alert. */
const ALERTED_WITHIN = 5_000;

/** Alerts operators of join tokens in wrong hands. Each instance of the app remembers for itself what it has sent. */
export class RefusedEnrolments {
  private readonly alertedAt = new Map<string, number>();

  constructor(private readonly alerts: Pick<OperatorAlerts, 'enrolmentRefused'>) {}

  /**
   * Sends an alert, unless one about the same join token for the same reason was sent within ten minutes: who makes the
   * first alert by an address must not keep a later one, of a use by another key, from operators. A failure changes no
   * answer: it is logged, and the next refusal tries again.
   * @param hash of the join token
   */
  async alert(hash: string, refused: EnrolmentRefused): Promise<void> {
    const now = Date.now();
    const about = `${hash} ${refused.reason}`;
    if (isYounger(this.alertedAt.get(about), ALERT_PAUSE, now)) return;
    this.remember(about, now);
    const isSent = await inTime(this.send(hash, refused), ALERTED_WITHIN, undefined);
    if (isSent === false) this.alertedAt.delete(about);
  }

  private remember(about: string, now: number): void {
    this.alertedAt.delete(about);
    this.alertedAt.set(about, now);
    const [oldest] = this.alertedAt.keys();
    if (this.alertedAt.size > MAX_REMEMBERED && oldest !== undefined) this.alertedAt.delete(oldest);
  }

  /** Never throws: it may end after its request was answered. */
  private async send(hash: string, refused: EnrolmentRefused): Promise<boolean> {
    try {
      await this.alerts.enrolmentRefused(alertId(hash, refused), refused);
      return true;
    } catch (error) {
      const reason = error instanceof ServiceError ? { reason: error.kind } : errorPlace(error);
      logEvent('enrolment.alertNotSent', reason);
      return false;
    }
  }
}

/** Equal for alerts about one token for one reason in one stretch of time, whichever instance sends them. */
function alertId(hash: string, { reason, refusedAt }: EnrolmentRefused): string {
  const stretch = Math.floor(Date.parse(refusedAt) / ALERT_PAUSE);
  return `enrolment.${createHash('sha256').update(`${hash} ${reason} ${stretch}`).digest('base64url').slice(0, 22)}`;
}
