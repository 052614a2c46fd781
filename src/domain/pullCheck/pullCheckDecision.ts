import type { FailureCode } from '@connected-registry/protocol/answers/codes';
import { parseImage } from '@connected-registry/protocol/names/image';
import type { PullCheckReport } from '@connected-registry/protocol/messages/pullCheckMessages';

/** What the run does after one attempt of a pull check. */
export type PullCheckDecision =
  | { readonly kind: 'verified'; readonly digest: string; readonly bytes: number; readonly milliseconds: number }
  /** The credential may not have synced yet: wait for the next sync. */
  | { readonly kind: 'afterSync'; readonly reason: string }
  /** The device cannot pull now: wait, then request another pull check. */
  | { readonly kind: 'later'; readonly reason: string }
  /** Fail if a complete sync has passed since the binding; before that, wait. */
  | { readonly kind: 'failIfSynced'; readonly code: FailureCode; readonly reason: string }
  | { readonly kind: 'fail'; readonly code: FailureCode; readonly reason: string };

/**
 * Decides by the device's report what the run does next.
 * Sources for what each outcome means at a connected registry: Azure/acr,
 * docs/preview/connected-registry/troubleshooting.md; Azure docs, troubleshoot-connected-registry-arc.
 * @param report undefined if none came in time
 * @param image the requested image. If it has a digest, the device must have pulled that digest.
 */
export function decide(report: PullCheckReport | undefined, image: string): PullCheckDecision {
  if (!report) return { kind: 'later', reason: 'the device did not report in time' };
  switch (report.outcome) {
    case 'pulled':
      return judgePull(report, image);
    case 'unauthorized':
      return { kind: 'afterSync', reason: 'the connected registry does not accept the token yet' };
    case 'insufficient-scope':
      return {
        kind: 'failIfSynced',
        code: 'pull-insufficient-scope',
        reason: `the token has no permission to pull ${image} at the connected registry`,
      };
    case 'manifest-unknown':
      return {
        kind: 'failIfSynced',
        code: 'pull-manifest-unknown',
        reason: `the connected registry does not have ${image}`,
      };
    case 'digest-mismatch':
      return {
        kind: 'fail',
        code: 'pull-digest-mismatch',
        reason: `the content that the connected registry served for ${image} does not match the requested digest`,
      };
    case 'secret-invalid':
      return { kind: 'fail', code: 'pull-secret-invalid', reason: 'the device cannot use the value of its secret' };
    case 'unreachable':
      return { kind: 'later', reason: 'the device cannot reach the connected registry' };
    case 'tls':
      return { kind: 'later', reason: "the device does not trust the connected registry's certificate" };
    case 'secret-unavailable':
      return { kind: 'later', reason: 'the device cannot read its secret from the vault' };
    case 'error':
      return { kind: 'later', reason: "the device's pull failed; see the device's log" };
  }
}

function judgePull(report: PullCheckReport, image: string): PullCheckDecision {
  const { digest, bytes, milliseconds } = report;
  const wanted = parseImage(image)?.digest;
  if (report.image !== image)
    return { kind: 'later', reason: `the device reported a pull of an image other than ${image}` };
  if (!digest || typeof bytes !== 'number')
    return { kind: 'later', reason: 'the device reported a pull without a digest' };
  if (wanted !== undefined && wanted !== digest)
    return { kind: 'fail', code: 'pull-digest-mismatch', reason: `the device pulled ${digest}, not ${wanted}` };
  return { kind: 'verified', digest, bytes, milliseconds };
}
