/** Somebody who can log in here. What they may do is in census's records, not here. */
export interface User {
  /** The `sub` of their tokens, and the id of their record in census. */
  readonly id: string;
  readonly name: string;
  /** For the person at the page. */
  readonly role: string;
}

/** The users of the demo. */
export const USERS: readonly User[] = [
  { id: '21', name: 'Census Support', role: 'support' },
  { id: '42', name: 'Census User', role: 'customer' },
  { id: '7', name: 'Census Admin', role: 'admin' },
];

/** Everybody's password. It stands on the login page. */
export const PASSWORD = 'development-only';
