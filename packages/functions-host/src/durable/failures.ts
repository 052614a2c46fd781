/**
 * Texts of failures in the extension's form: a failed activity's details are a .NET exception as JSON, with the text of
 * the Node.js worker inside (observed on the real host; public source: TaskActivityShim.cs, RpcException.cs).
 */
import { workerMessage } from '../worker/errors.js';
import type { FailureDetails } from './history.js';
import { structuredFailure } from './structuredFailure.js';

const orchestrationTrace =
  '   at Microsoft.Azure.WebJobs.Extensions.DurableTask.TaskOrchestrationShim.InvokeUserCodeAndHandleResults' +
  '(RegisteredFunctionInfo orchestratorInfo, OrchestrationContext innerContext)';

/** StackTrace of a failed orchestration. */
export const orchestrationStackTrace = orchestrationTrace;

const exceptionTail = {
  HelpURL: null,
  StackTraceString: null,
  RemoteStackTraceString: null,
  RemoteStackIndex: 0,
  ExceptionMethod: null,
  HResult: -2146233088,
  Source: null,
  WatsonBuckets: null,
};

/** An exception of the framework or the host, without an inner exception. */
export const exceptionText = (type: string, message: string): string =>
  JSON.stringify({
    $type: `${type}, System.Private.CoreLib`,
    ClassName: type,
    Message: message,
    Data: null,
    InnerException: null,
    ...exceptionTail,
  });

const emptyData = { $type: 'System.Collections.ListDictionaryInternal, System.Private.CoreLib' };
const httpTail = {
  InnerException: null,
  HelpLink: null,
  Source: 'System.Net.Http',
  HResult: -2146233088,
  StackTrace: null,
};

const httpInner = {
  socket: {
    $type: 'System.Net.Sockets.SocketException, System.Net.Primitives',
    ClassName: 'System.Net.Sockets.SocketException',
    Message: 'Connection failed',
    Data: null,
    InnerException: null,
    ...exceptionTail,
    Source: 'System.Net.Sockets',
  },
  answer: {
    $type: 'System.Net.Http.HttpIOException, System.Net.Http',
    Message: 'The response ended prematurely. (ResponseEnded)',
    Data: emptyData,
    ...httpTail,
  },
};

/** A value that the extension could not read. */
export const jsonExceptionText = (message: string): string =>
  JSON.stringify({
    $type: 'Newtonsoft.Json.JsonReaderException, Newtonsoft.Json',
    ClassName: 'Newtonsoft.Json.JsonReaderException',
    Message: message,
    Data: null,
    InnerException: null,
    ...exceptionTail,
    Source: 'Newtonsoft.Json',
  });

const workerExit = (message: string) => ({
  $type: 'Microsoft.Azure.WebJobs.Script.Workers.WorkerProcessExitException, Microsoft.Azure.WebJobs.Script',
  ExitCode: 1,
  Message: message,
  Data: { $type: 'System.Collections.ListDictionaryInternal, System.Private.CoreLib' },
  InnerException: null,
  HelpLink: null,
  Source: null,
  HResult: -2146233088,
  StackTrace: null,
});

/** An activity whose worker process ended. */
export const workerExitText = (message: string): string =>
  JSON.stringify({
    $type: 'System.Exception, System.Private.CoreLib',
    ClassName: 'System.Exception',
    Message: message,
    Data: null,
    InnerException: workerExit(message),
    ...exceptionTail,
  });

/** An orchestrator whose worker process ended. */
export const workerExitAggregate = (message: string): string =>
  JSON.stringify({
    $type: 'System.AggregateException, System.Private.CoreLib',
    ClassName: 'System.AggregateException',
    Message: 'One or more errors occurred.',
    Data: null,
    InnerException: workerExit(message),
    ...exceptionTail,
    InnerExceptions: [workerExit(message)],
  });

/** An HTTP request of callHttp that got no answer. */
export const httpExceptionText = (message: string, inner: 'socket' | 'answer' | undefined): string =>
  JSON.stringify({
    $type: 'System.Net.Http.HttpRequestException, System.Net.Http',
    StatusCode: null,
    Message: message,
    Data: emptyData,
    ...httpTail,
    ...(inner === undefined ? {} : { InnerException: httpInner[inner] }),
  });

/**
 * Details of a built-in activity whose own code threw (public source: Azure/durabletask, TaskActivityDispatcher.cs).
 */
export function taskException(type: string, message: string): { details: string; failureDetails: FailureDetails } {
  const trace =
    '   at Microsoft.Azure.WebJobs.Extensions.DurableTask.TaskHttpActivityShim.RunAsync(TaskContext context, String rawInput)';
  return {
    details: `Unhandled exception while executing task: ${type}: ${message}\n${trace}`,
    failureDetails: {
      ErrorType: type,
      ErrorMessage: message,
      StackTrace: trace,
      InnerFailure: null,
      IsNonRetriable: false,
      Properties: null,
    },
  };
}

/** What the worker reported of a throw, as the host's exception. */
const rpcException = ({ message, stack }: { message: string; stack: string }) => ({
  $type: 'Microsoft.Azure.WebJobs.Script.Workers.Rpc.RpcException, Microsoft.Azure.WebJobs.Script',
  IsUserException: false,
  RemoteStackTrace: stack,
  RemoteMessage: message,
  RemoteTypeName: null,
  Message: workerMessage(message, stack),
  Data: { $type: 'System.Collections.ListDictionaryInternal, System.Private.CoreLib' },
  InnerException: null,
  HelpLink: null,
  Source: 'System.Private.CoreLib',
  HResult: -2146233088,
  StackTrace: null,
});

/** Details of an orchestrator whose invocation failed. */
export const aggregateText = (text: string, error: { message: string; stack: string }): string =>
  JSON.stringify({
    $type: 'System.AggregateException, System.Private.CoreLib',
    ClassName: 'System.AggregateException',
    Message: text,
    Data: null,
    InnerException: rpcException(error),
    ...exceptionTail,
    InnerExceptions: [rpcException(error)],
  });

/** Reason and Details of an activity whose code threw. */
export function activityFailure(
  name: string,
  error: { message: string; stack: string },
): { reason: string; details: string | null; failureDetails: FailureDetails | null } {
  const structured = structuredFailure(error.message);
  if (structured !== null)
    return {
      reason: `Activity function '${name}' failed with an unhandled exception.`,
      details: null,
      failureDetails: structured,
    };
  // The extension takes the message out of the worker's text, up to the first line that begins as the stack does, or to
  // the mark before the state of an orchestrator.
  const message = error.message.split(/\nStack:|\n\n\$OutOfProcData\$:/, 1)[0] ?? '';
  const details = JSON.stringify({
    $type: 'System.Exception, System.Private.CoreLib',
    ClassName: 'System.Exception',
    Message: ` ${message}`,
    Data: null,
    InnerException: rpcException(error),
    ...exceptionTail,
  });
  return { reason: `Activity function '${name}' failed:  ${message}`, details, failureDetails: null };
}

/** Reason and Details of an activity that exceeded functionTimeout (observed on the real host). */
export function activityTimeout(
  name: string,
  error: { message: string; timeout: string; invocationId: string },
): { reason: string; details: string } {
  const type = 'Microsoft.Azure.WebJobs.Host.FunctionTimeoutException';
  const details = JSON.stringify({
    $type: `${type}, Microsoft.Azure.WebJobs.Host`,
    Timeout: error.timeout,
    InstanceId: error.invocationId,
    MethodName: `Functions.${name}`,
    Handled: false,
    ClassName: type,
    Message: error.message,
    Data: null,
    InnerException: null,
    ...exceptionTail,
    Source: 'Microsoft.Azure.WebJobs.Host',
  });
  return { reason: `Activity function '${name}' failed: ${error.message}`, details };
}
