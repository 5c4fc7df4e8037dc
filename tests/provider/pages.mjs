// The provider's two pages: choose an account, and consent to what an application asks for.
import { SCOPES_IN_WORDS, shortName } from './scopes.mjs';

const escaped = (text) => String(text).replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);

const page = (title, content) => `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escaped(title)}</title></head>
<body><main><h1>${escaped(title)}</h1>
${content}
</main></body>
</html>
`;

/** Whoever was here before is a button; anybody else types an address. */
export function accountPage({ action, accounts, hint = '', error = '' }) {
  const known = accounts.map(({ email }) =>
    `<form method="post" action="${escaped(action)}"><button name="email" value="${escaped(email)}">Continue as ${escaped(email)}</button></form>`);
  return page('Choose an account', `${known.join('\n')}
<form method="post" action="${escaped(action)}">
${error && `<p role="alert">${escaped(error)}</p>`}
<p><label for="email">Email</label> <input id="email" name="email" type="email" value="${escaped(hint)}" required autocomplete="off"></p>
<p><button id="continue">Next</button></p>
</form>`);
}

/** One ticked box for each right that is asked for and not granted yet. */
export function consentPage({ action, application, email, asked, granted }) {
  const boxes = asked.map((scope) => `<p><input type="checkbox" name="scope" value="${escaped(scope)}" id="scope-${shortName(scope)}" checked>
<label for="scope-${shortName(scope)}">${escaped(SCOPES_IN_WORDS[scope])}</label></p>`);
  const before = granted.map((scope) => `<li>${escaped(SCOPES_IN_WORDS[scope])}</li>`);
  return page(`${application} wants access to your account`, `<p>${escaped(email)}</p>
<form method="post" action="${escaped(action)}">
${boxes.join('\n')}
${before.length > 0 ? `<p>It already may:</p><ul>${before.join('')}</ul>` : ''}
<p><button id="allow" name="decision" value="allow">Allow</button> <button id="deny" name="decision" value="deny">Deny</button></p>
</form>`);
}

export const endedPage = () => page('This sign-in has ended', '<p>Go back to the application and begin again.</p>');
