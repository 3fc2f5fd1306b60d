import { configure } from '@codegenie/serverless-express';
import { type RequestListener } from 'node:http';
import serverlessHttp from 'serverless-http';
import { type Platform, type Sent } from './events.js';

/** What the platform answers its client. */
export interface Answered {
  readonly status: number;
  readonly json: Record<string, unknown>;
  readonly challenge: string | undefined;
}

/** Invokes a function with the event of one request. */
export type Invoke = (platform: Platform, sent: Sent) => Promise<Answered>;

/** The packages that run an application of Node in a function, as their documentation shows them. */
export const WRAPPERS: readonly { readonly name: string; readonly wrap: (app: RequestListener) => Invoke }[] =
  [
    {
      name: 'serverless-http',
      wrap(app) {
        const handler = serverlessHttp(app);
        return async ({ event }, sent) => answered(await handler(event(sent), {}));
      },
    },
    {
      name: '@codegenie/serverless-express',
      wrap(app) {
        const handler = configure({ app });
        return async ({ event }, sent) => answered(await handler(event(sent), {} as never, () => undefined));
      },
    },
  ];

interface PlatformAnswer {
  readonly statusCode: number;
  readonly body: string;
  readonly isBase64Encoded?: boolean;
  readonly headers?: Record<string, string>;
  readonly multiValueHeaders?: Record<string, string[]>;
}

function answered(answer: unknown): Answered {
  const { statusCode, body, headers, multiValueHeaders, isBase64Encoded } = answer as PlatformAnswer;
  const text = isBase64Encoded === true ? Buffer.from(body, 'base64').toString() : body;
  const header = (name: string) => headers?.[name] ?? multiValueHeaders?.[name]?.join(', ');
  return {
    status: statusCode,
    json:
      header('content-type')?.includes('json') === true ? (JSON.parse(text) as Record<string, unknown>) : {},
    challenge: header('www-authenticate'),
  };
}
