import type { Notification, NotificationType } from '../schema.js';

/** A mail, ready to send. */
export interface Mail {
  /** The same each time a notification's mail is sent, so that a mailbox can tell a second copy. */
  readonly id: string;
  readonly to: { readonly name: string; readonly address: string };
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

type Wording = (name: string) => Pick<Mail, 'subject' | 'text' | 'html'>;

const WORDINGS: Readonly<Record<NotificationType, Wording>> = {
  'welcome-message': (name) => ({
    subject: 'Welcome',
    text: `Hello ${name},\n\nwelcome. Your account is ready.\n`,
    html: `<p>Hello ${escapeHtml(name)},</p>\n<p>welcome. Your account is ready.</p>\n`,
  }),
};

/** Writes the mail of a notification. */
export function toMail(notification: Notification): Mail {
  const { id, type, name, email } = notification;
  return { id, to: { name, address: email }, ...WORDINGS[type](name) };
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}
