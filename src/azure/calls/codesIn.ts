import { serviceCode, type ServiceCode } from '../../serviceErrors/serviceFacts.js';

/** Maximum depth of nested errors: services nest the exact reason in an `innererror`, sometimes several times. */
const DEEPEST = 6;

/**
 * Reads the codes of an error's body, from the outermost to the most exact one. Source: azure-rest-api-specs,
 * ErrorResponse.
 */
export function codesIn(body: unknown, depth = 0): ServiceCode[] {
  if (typeof body !== 'object' || body === null || depth > DEEPEST) return [];
  const { code, error, innererror, innerError } = body as Readonly<Record<string, unknown>>;
  const own = serviceCode(code);
  const inner = [error, innererror, innerError].flatMap((part) => codesIn(part, depth + 1));
  return own === undefined ? inner : [own, ...inner];
}
