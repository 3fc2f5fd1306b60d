import type { IncomingMessage, ServerResponse } from 'node:http';
import { errors, type Provider } from 'oidc-provider';
import { LOGIN_HEADERS, PAGE_HEADERS, renderLogin, renderRefusal } from './pages.js';
import { PASSWORD, USERS } from './users.js';

const MAX_FORM_BYTES = 4_096;

/** Shows the login page, and takes what is filled in. The provider knows by its own cookie which login it belongs to. */
export async function answerLogin(
  provider: Provider,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    const { params, session } = await provider.interactionDetails(request, response);
    const name = await clientName(provider, params['client_id']);
    if (request.method === 'GET') {
      response.writeHead(200, LOGIN_HEADERS).end(renderLogin(name));
      return;
    }
    const form = await readForm(request);
    const user = USERS.find(({ id }) => id === form.get('user'));
    if (user === undefined || form.get('password') !== PASSWORD) {
      response.writeHead(401, LOGIN_HEADERS).end(renderLogin(name, 'That is not the password.'));
      return;
    }
    const result = { login: { accountId: user.id } };
    const location = await provider.interactionResult(request, response, result, {
      mergeWithLastSubmission: false,
    });
    if (session?.accountId !== user.id) await forgetUser(provider, session?.uid);
    response.writeHead(303, { Location: location }).end();
  } catch (error) {
    if (!(error instanceof errors.OIDCProviderError)) throw error;
    const page = renderRefusal(error.error, error.error_description ?? '');
    response.writeHead(error.statusCode, PAGE_HEADERS).end(page);
  }
}

/** Whoever was logged in before in that browser; the provider would show a page in between that needs scripts. */
async function forgetUser(provider: Provider, uid: string | undefined): Promise<void> {
  const session = uid === undefined ? undefined : await provider.Session.findByUid(uid);
  if (session === undefined) return;
  delete session.accountId;
  await session.persist();
}

async function clientName(provider: Provider, id: unknown): Promise<string> {
  const client = typeof id === 'string' ? await provider.Client.find(id) : undefined;
  return client?.clientName ?? client?.clientId ?? 'nobody';
}

async function readForm(request: IncomingMessage): Promise<URLSearchParams> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8') as AsyncIterable<string>) {
    text += chunk;
    if (text.length > MAX_FORM_BYTES) throw new errors.InvalidRequest('the form is too long', 413);
  }
  return new URLSearchParams(text);
}
