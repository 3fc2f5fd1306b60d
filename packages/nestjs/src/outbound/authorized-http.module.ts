import { type DynamicModule, Module } from '@nestjs/common';
import { HttpService } from '@nestjs/axios';
import { authorizedAxios, type AuthorizedAxiosOptions } from '@countersign/core/axios';
import { OutgoingCalls } from '@countersign/core/http';
import axios from 'axios';

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
    useFactory: (calls: OutgoingCalls) => new HttpService(authorizedAxios(axios, calls, options)),
    inject: [OutgoingCalls],
  };
}
