import {
  commonVariables,
  type Environment,
  readEnvironment,
  type ServiceConfig,
  toServiceConfig,
} from '@countersign/service-kit';
import { z } from 'zod';
import { SEND_TIMEOUT_MS } from './mail/mail-sender.js';

/** What herald is started with. */
export interface HeraldConfig extends ServiceConfig {
  readonly mail: MailConfig;
}

export interface MailConfig {
  /** Without it mails stay in an embedded sink. */
  readonly smtpUrl: string | undefined;
  readonly from: string;
  /** How long a mail stays with a worker that does not report back. */
  readonly leaseSeconds: number;
}

const variables = commonVariables('herald', { port: 4002, serviceUrl: 'https://herald.service/' }).extend({
  SMTP_URL: z
    .string()
    .regex(/^smtps?:\/\/[^/]/, 'must start with smtp:// or smtps://')
    .optional(),
  MAIL_FROM: z.email('must be an e-mail address').default('welcome@herald.example'),
  MAIL_LEASE_SECONDS: z
    .string()
    .regex(/^[1-9]\d{0,4}$/, 'must be a whole number of seconds')
    .transform(Number)
    .default((SEND_TIMEOUT_MS / 1_000) * 2),
});

const files = {
  trust: new URL('../trust.json', import.meta.url),
  destinations: new URL('../destinations.json', import.meta.url),
};

/** Reads what herald is started with; nothing else in herald looks at the environment. */
export function readConfig(environment: Environment = process.env): HeraldConfig {
  const values = readEnvironment(variables, environment);
  return {
    ...toServiceConfig(values, files),
    mail: { smtpUrl: values.SMTP_URL, from: values.MAIL_FROM, leaseSeconds: values.MAIL_LEASE_SECONDS },
  };
}
