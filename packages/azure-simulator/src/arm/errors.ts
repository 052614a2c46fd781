import { RefusedRequest, type ApiReply } from '../http/message.js';

/** ARM's error envelope (Azure docs: resource-manager common API details, "Error response"). */
export function armErrorReply(status: number, code: string, message: string, target?: string): ApiReply {
  return {
    status,
    headers: status === 401 ? {} : { 'x-ms-failure-cause': 'service' },
    body: { error: { code, message, ...(target === undefined ? {} : { target }) } },
  };
}

export function armError(status: number, code: string, message: string, target?: string): RefusedRequest {
  return new RefusedRequest(armErrorReply(status, code, message, target));
}

/** The registry service's own 404, as in the Azure CLI's test recordings: with a status beside the error. */
export function resourceNotFound(id: string): RefusedRequest {
  return new RefusedRequest({
    status: 404,
    body: { error: { code: 'ResourceNotFound', message: `The resource ${id} could not be found.` }, status: 'Failed' },
  });
}

/** ARM's 404 for a top-level resource (Azure docs: troubleshooting/error-not-found). */
export function topLevelNotFound(type: string, name: string, resourceGroup: string): RefusedRequest {
  return armError(
    404,
    'ResourceNotFound',
    `The Resource '${type}/${name}' under resource group '${resourceGroup}' was not found. ` +
      'For more details please go to https://aka.ms/ARMResourceNotFoundFix',
  );
}

/** A write below a resource that does not exist (Azure docs: troubleshooting/error-parent-resource). */
export function parentNotFound(type: string, parentId: string): RefusedRequest {
  return armError(
    404,
    'ParentResourceNotFound',
    `Failed to perform 'write' on resource(s) of type '${type}', because the parent resource '${parentId}' could not be found.`,
  );
}

export function badRequest(code: string, message: string, target?: string): RefusedRequest {
  return armError(400, code, message, target);
}

export function conflict(code: string, message: string, target?: string): RefusedRequest {
  return armError(409, code, message, target);
}
