// What can be granted, as the provider is asked for it and as it says it, and the words on its consent page.

/** Who somebody is: granted with the account, never unticked. */
export const IDENTITY_SCOPES = ['openid', 'email', 'profile'];

/** What each further scope allows; a box each on the consent page. */
export const SCOPES_IN_WORDS = {
  'https://www.googleapis.com/auth/pubsub': 'View and manage Pub/Sub topics and subscriptions',
  'https://www.googleapis.com/auth/bigquery': 'View and manage your data in BigQuery',
};

export const SCOPES = [...IDENTITY_SCOPES, ...Object.keys(SCOPES_IN_WORDS)];

/** The last word of a scope, for ids: `pubsub`. */
export const shortName = (scope) => scope.split('/').at(-1);

// Google takes the short names of OpenID Connect and answers with its own.
const NAMES_IN_ANSWERS = {
  email: 'https://www.googleapis.com/auth/userinfo.email',
  profile: 'https://www.googleapis.com/auth/userinfo.profile',
};

/** A scope parameter as Google writes it into answers. */
export const asAnswered = (scope) => scope.split(' ').map((name) => NAMES_IN_ANSWERS[name] ?? name).join(' ');
