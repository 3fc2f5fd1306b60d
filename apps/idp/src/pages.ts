import { escapeHtml, pageHeaders } from '@countersign/service-kit';
import { PASSWORD, USERS } from './users.js';

/** What every page says first. */
export const NOTICE = 'For development only: everybody can log in here as anybody.';

const STYLE = `
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }
body { margin: 2rem auto; max-width: 28rem; padding: 0 1rem; }
.notice { border: 2px solid; border-radius: .5rem; padding: .75rem 1rem; font-weight: 600; }
fieldset { border: 1px solid; border-radius: .5rem; margin: 1rem 0; padding: .5rem 1rem; }
label { display: block; padding: .4rem 0; }
input[type=password] { box-sizing: border-box; font: inherit; padding: .5rem; width: 100%; }
button { font: inherit; margin-top: 1rem; padding: .6rem 1.5rem; }
:focus-visible { outline: 3px solid Highlight; outline-offset: 2px; }`;

/** How pages are sent. */
export const PAGE_HEADERS = pageHeaders(STYLE);
/** How the login page is sent: its form leads on to whoever asked. */
export const LOGIN_HEADERS = pageHeaders(STYLE, { hasForm: true });

/** The login page: whom to be, and the password, which it shows. */
export function renderLogin(clientName: string, problem?: string): string {
  const users = USERS.map(
    ({ id, name, role }, index) =>
      `<label><input type="radio" name="user" value="${id}"${index === 0 ? ' checked' : ''}> ${name} (user ${id}, ${role})</label>`,
  );
  return page(
    'Log in',
    `${problem === undefined ? '' : `<p role="alert">${escapeHtml(problem)}</p>`}
<p>to go on to: ${escapeHtml(clientName)}</p>
<form method="post" autocomplete="off">
<fieldset><legend>Who are you?</legend>${users.join('')}</fieldset>
<label for="password">Password (it is <code>${PASSWORD}</code>)</label>
<input id="password" name="password" type="password" required aria-describedby="notice">
<button>Log in</button>
</form>`,
  );
}

/** The page of a refused login. */
export function renderRefusal(code: string, description: string): string {
  return page(
    'The login could not be completed',
    `<p>${escapeHtml(description)}</p><p><code>${escapeHtml(code)}</code></p>`,
  );
}

/** What the provider shows at its own address. */
export function renderHome(): string {
  return page(
    'A development identity provider',
    '<p><a href="/.well-known/openid-configuration">Its metadata</a>, <a href="/jwks">its public keys</a>.</p>',
  );
}

function page(title: string, content: string): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${title}</title><style>${STYLE}</style></head>
<body><main><p class="notice" id="notice">${NOTICE}</p><h1>${title}</h1>
${content}
</main></body></html>`;
}
