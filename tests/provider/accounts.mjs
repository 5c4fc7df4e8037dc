// People with accounts at the provider: anybody with an e-mail address, known by a number that never changes.
import { createHash } from 'node:crypto';

const EMAIL = /^[^@\s<>"]+@[a-z0-9.-]+\.[a-z]+$/;
// Addresses of private people: no organisation manages them, and there is no claim `hd`.
const PRIVATE_DOMAINS = new Set(['gmail.com', 'googlemail.com']);

/** Everybody who was named so far. */
export class Accounts {
  #bySubject = new Map();

  /** The account of an address, made up when it is new; null if that is no address. */
  of(text) {
    const email = String(text ?? '').trim().toLowerCase();
    if (!EMAIL.test(email)) return null;
    const subject = subjectOf(email);
    if (!this.#bySubject.has(subject)) this.#bySubject.set(subject, claimsOf(email, subject));
    return this.#bySubject.get(subject);
  }

  withSubject(subject) {
    return this.#bySubject.get(subject) ?? null;
  }

  /** Changes claims of an account, such as `email_verified`; a claim that is undefined is left out of ID tokens. */
  change(email, claims) {
    Object.assign(this.of(email), claims);
  }

  all() {
    return [...this.#bySubject.values()];
  }
}

/** Google's are 21 digits. */
function subjectOf(email) {
  const digits = BigInt(`0x${createHash('sha256').update(email).digest('hex')}`).toString();
  return `1${digits.slice(0, 20)}`;
}

function claimsOf(email, sub) {
  const [name, domain] = email.split('@');
  const words = name.split(/[._-]+/).map((word) => word.charAt(0).toUpperCase() + word.slice(1));
  const hd = PRIVATE_DOMAINS.has(domain) ? undefined : domain;
  return { sub, email, email_verified: true, name: words.join(' '), hd };
}
