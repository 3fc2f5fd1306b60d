import { type DynamicModule, Module } from '@nestjs/common';
import { HttpService } from '@nestjs/axios';
import { OutgoingCalls } from '@countersign/core/http';
import { authorizedAxios, type AuthorizedAxiosOptions } from './authorized-axios.js';

/**
 * Provides the `HttpService` of `@nestjs/axios`, with an axios instance that adds the right token to each call to a declared
 * destination. Import it instead of `HttpModule`.
 */
@Module({ providers: [httpService({})], exports: [HttpService] })
export class AuthorizedHttpModule {
  /** Configures the axios instance, such as its `baseURL`. */
  static register(options: AuthorizedAxiosOptions): DynamicModule {
    return { module: AuthorizedHttpModule, providers: [httpService(options)] };
  }
}

function httpService(options: AuthorizedAxiosOptions) {
  return {
    provide: HttpService,
    useFactory: (calls: OutgoingCalls) => new HttpService(authorizedAxios(calls, options)),
    inject: [OutgoingCalls],
  };
}
