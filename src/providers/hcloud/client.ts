/**
 * hcloud-js's client made safe for today's API and for bad nights. Its own response interceptor throws on HTML
 * and on empty bodies and loses the status, so it is taken out; nothing is followed, nothing is cached, nothing of
 * axios leaves this file. A client is made for each request, since that is the only way to give the library's own
 * methods a signal; it costs microseconds, and connections are kept alive by Node's global agent all the same.
 */
import hcloud from 'hcloud-js';
import type { AskSettings, Client, Connection, Judge } from './connection.ts';
import { connect } from './connection.ts';

/** A whole project's primary IPs are some 40 kB; an answer of more than a megabyte is not from this API. */
const MAX_ANSWER_BYTES = 1_048_576;

export interface ConnectionSettings extends AskSettings {
  readonly endpoint: string;
}

/** The connection over HTTP. */
export function createConnection(settings: ConnectionSettings): Connection {
  return connect(settings, (signal, judge) => makeClient(settings, signal, judge));
}

function makeClient(settings: ConnectionSettings, signal: AbortSignal, judge: Judge): Client {
  const client = new hcloud.Client({ token: settings.token, baseURL: settings.endpoint, timeout: 0 });
  client.axios.interceptors.response.eject(0);
  Object.assign(client.axios.defaults, {
    signal,
    // Statuses are judged by us, with the body at hand.
    validateStatus: () => true,
    // A redirect would carry the token along.
    maxRedirects: 0,
    allowAbsoluteUrls: false,
    maxContentLength: MAX_ANSWER_BYTES,
    // axios passes broken JSON on as text without a word; parse it ourselves.
    responseType: 'text',
    transformResponse: [(text: unknown) => text],
  });
  client.axios.interceptors.response.use(answer => {
    const contentType = String(answer.headers['content-type'] ?? '');
    // The library goes on with the body that was checked.
    answer.data = judge({ status: answer.status, contentType, text: String(answer.data) });
    return answer;
  });
  return client;
}
