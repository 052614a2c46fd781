import { caught, register } from './names.js';

interface Request {
  url: string;
}

register({
  *http(context) {
    const { url } = context.df.getInput<Request>();
    const response = yield context.df.callHttp({ method: 'GET', url });
    const type: unknown = response.headers?.['Content-Type'] ?? response.headers?.['content-type'];
    return { status: response.statusCode as unknown, content: response.content as unknown, type };
  },
  *httpPost(context) {
    const { url } = context.df.getInput<Request>();
    const headers = { 'x-extra': 'yes' };
    const response = yield context.df.callHttp({ method: 'POST', url, body: { hello: 'there' }, headers });
    return { status: response.statusCode as unknown, content: response.content as unknown };
  },
  *httpNoPoll(context) {
    const { url } = context.df.getInput<Request>();
    const response = yield context.df.callHttp({ method: 'GET', url, enablePolling: false });
    return { status: response.statusCode as unknown, content: response.content as unknown };
  },
  *httpFails(context) {
    const { url } = context.df.getInput<Request>();
    try {
      const response = yield context.df.callHttp({ method: 'GET', url });
      return { status: response.statusCode as unknown };
    } catch (error) {
      return caught(error);
    }
  },
  *xHttpNoLocation(context) {
    const { url } = context.df.getInput<Request>();
    const response = yield context.df.callHttp({ method: 'GET', url });
    return { status: response.statusCode as unknown, content: response.content as unknown };
  },
  *xHttpHeaders(context) {
    const { url } = context.df.getInput<Request>();
    const headers = { 'Content-Type': 'application/json', 'x-extra': 'yes', 'x-functions-key': 'k' };
    const response = yield context.df.callHttp({ method: 'PUT', url, body: '{"j":1}', headers });
    return { status: response.statusCode as unknown, content: response.content as unknown };
  },
});
