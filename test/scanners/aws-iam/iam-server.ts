import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ACCOUNT } from './exports.ts';

/**
 * The far end of the wire: a loopback server that speaks the protocols of the services, so that the real SDK signs, sends,
 * retries and parses: IAM and STS by form and XML, Organizations by JSON with the call in a header, Access Analyzer by path.
 * Shapes as in https://docs.aws.amazon.com/IAM/latest/APIReference/ and the references of the other services.
 */
export interface IamServer {
  readonly url: string;
  /** Actions in the order of the calls. */
  readonly calls: string[];
  /** Most calls that were being answered at one time. */
  readonly busiest: () => number;
  close(): Promise<void>;
}

export interface Reply {
  readonly status?: number;
  /** Result element's inner XML. */
  readonly result?: string;
  readonly error?: { readonly code: string; readonly message?: string };
  /** Send only this much of the answer and hang up. */
  readonly cutAt?: number;
  /** Send this body as it is. */
  readonly raw?: string;
  /** Of Organizations and Access Analyzer: the answer. */
  readonly json?: object;
  /** `Date` of the answer; the clock of AWS. */
  readonly date?: Date;
}

interface Asked {
  readonly action: string;
  readonly form: URLSearchParams;
  readonly isXml: boolean;
}

/** Which call it is. What JSON asks with is given as a form too, so that tests read both alike. */
function readRequest(request: IncomingMessage, body: string): Asked {
  const target = request.headers['x-amz-target'];
  if (typeof target === 'string') return { action: target.split('.')[1] ?? '', form: formOf(body), isXml: false };
  const [path = ''] = (request.url ?? '').split('?');
  if (path === '/analyzer') return { action: 'ListAnalyzers', form: formOf(''), isXml: false };
  if (path === '/findingv2') return { action: 'ListFindingsV2', form: formOf(body), isXml: false };
  if (path.startsWith('/findingv2/')) {
    return {
      action: 'GetFindingV2',
      form: new URLSearchParams({ id: decodeURIComponent(path.slice('/findingv2/'.length)) }),
      isXml: false,
    };
  }
  const form = new URLSearchParams(body);
  return { action: form.get('Action') ?? '', form, isXml: true };
}

function formOf(json: string): URLSearchParams {
  const form = new URLSearchParams();
  for (const [key, value] of Object.entries(json === '' ? {} : JSON.parse(json)))
    form.set(key, typeof value === 'string' ? value : JSON.stringify(value));
  return form;
}

export type Answer = (form: URLSearchParams, nth: number) => Reply;

export async function startIam(answers: { readonly [action: string]: Answer }): Promise<IamServer> {
  const calls: string[] = [];
  let open = 0;
  let most = 0;
  const server = createServer((request, response) => {
    void bodyOf(request).then(async (body) => {
      const { action, form, isXml } = readRequest(request, body);
      calls.push(action);
      most = Math.max(most, ++open);
      await new Promise((done) => setTimeout(done, 2));
      open--;
      const nth = calls.filter((one) => one === action).length;
      const answer = answers[action];
      const reply = answer === undefined ? denied(action) : answer(form, nth);
      if (isXml) send(response, action, reply);
      else sendJson(response, reply);
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    calls,
    busiest: () => most,
    close: () =>
      new Promise((done) => {
        server.closeAllConnections();
        server.close(() => done());
      }),
  };
}

export function denied(action: string): Reply {
  const message = `User: arn:aws:iam::${ACCOUNT}:user/auditor is not authorized to perform: iam:${action}`;
  return { status: 403, error: { code: 'AccessDenied', message } };
}

export function failing(code: string, status = 403): Answer {
  return () => ({ status, error: { code } });
}

export function xmlText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

export function members(...items: string[]): string {
  return items.map((item) => `<member>${item}</member>`).join('');
}

export function userXml(name: string, inner = ''): string {
  return `<Path>/</Path><UserName>${name}</UserName><UserId>AIDAEXAMPLE</UserId><Arn>arn:aws:iam::${ACCOUNT}:user/${name}</Arn><CreateDate>2024-02-03T04:05:06Z</CreateDate>${inner}`;
}

export function inlineXml(name: string, document: object): string {
  return `<UserPolicyList>${members(`<PolicyName>${name}</PolicyName><PolicyDocument>${encodeURIComponent(JSON.stringify(document))}</PolicyDocument>`)}</UserPolicyList>`;
}

export function keyXml(user: string, id: string): string {
  return `<UserName>${user}</UserName><AccessKeyId>${id}</AccessKeyId><Status>Active</Status><CreateDate>2024-01-02T03:04:05Z</CreateDate>`;
}

export function usedXml(user: string): string {
  return `<UserName>${user}</UserName><AccessKeyLastUsed><LastUsedDate>2026-05-20T10:00:00Z</LastUsedDate><ServiceName>s3</ServiceName><Region>eu-west-1</Region></AccessKeyLastUsed>`;
}

function sendJson(response: ServerResponse, { status = 200, json = {}, error, cutAt, date }: Reply): void {
  const code = error?.code === 'AccessDenied' ? 'AccessDeniedException' : error?.code;
  const body = JSON.stringify(
    code === undefined ? json : { __type: code, message: error?.message ?? code, Message: error?.message ?? code },
  );
  response.writeHead(code !== undefined && status === 200 ? 400 : status, {
    'content-type': 'application/x-amz-json-1.1',
    'content-length': Buffer.byteLength(body),
    ...(code === undefined ? {} : { 'x-amzn-errortype': code }),
    ...(date === undefined ? {} : { date: date.toUTCString() }),
  });
  if (cutAt === undefined) response.end(body);
  else response.write(body.slice(0, cutAt), () => response.destroy());
}

function send(response: ServerResponse, action: string, reply: Reply): void {
  const { status = 200, result = '', error, cutAt, raw, date } = reply;
  const body =
    raw ??
    (error === undefined
      ? `<${action}Response xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><${action}Result>${result}</${action}Result><ResponseMetadata><RequestId>r-1</RequestId></ResponseMetadata></${action}Response>`
      : `<ErrorResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><Error><Type>Sender</Type><Code>${error.code}</Code><Message>${xmlText(error.message ?? error.code)}</Message></Error><RequestId>r-1</RequestId></ErrorResponse>`);
  response.writeHead(status, {
    'content-type': 'text/xml',
    'content-length': Buffer.byteLength(body),
    ...(date === undefined ? {} : { date: date.toUTCString() }),
  });
  if (cutAt === undefined) {
    response.end(body);
    return;
  }
  response.write(body.slice(0, cutAt), () => response.destroy());
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString('utf8');
}
