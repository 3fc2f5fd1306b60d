import { HttpService } from '@nestjs/axios';
import { firstValueFrom } from 'rxjs';
import { AuthorizedFetch, type AuthorizedRequestInit } from '@countersign/nestjs';
import { type Application } from './application.js';

export interface Call {
  readonly url: string;
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: unknown;
  readonly signal?: AbortSignal;
  readonly overrideAuthorization?: boolean;
  readonly onBehalfOf?: 'user' | 'service';
}

export interface CallAnswer {
  readonly status: number;
  readonly text: string;
}

/** The two ways to call out: the same suite runs over both. */
export interface Client {
  readonly name: string;
  send(nest: Application['nest'], call: Call): Promise<CallAnswer>;
}

export const CLIENTS: readonly Client[] = [
  {
    name: 'fetch',
    async send(nest, { url, ...init }) {
      const response = await nest.get(AuthorizedFetch).fetch(url, init as AuthorizedRequestInit);
      return { status: response.status, text: await response.text() };
    },
  },
  {
    name: 'axios',
    async send(nest, { body, ...config }) {
      const http = nest.get(HttpService, { strict: false });
      const options = { data: body, responseType: 'text', validateStatus: () => true } as const;
      const response = await firstValueFrom(http.request<string>({ ...config, ...options }));
      return { status: response.status, text: response.data };
    },
  },
];
