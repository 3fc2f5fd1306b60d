import { type DynamicModule, Module } from '@nestjs/common';
import { HttpService } from '@nestjs/axios';
import { OutgoingCalls } from '@countersign/core/http';
import { authorizedAxios, type AuthorizedAxiosOptions } from './authorized-axios.js';

/** Provides `HttpService` of @nestjs/axios on an axios instance of our own, whose calls carry the token of their destination. */
@Module({ providers: [httpService({})], exports: [HttpService] })
export class AuthorizedHttpModule {
  /** The same, with defaults for the axios instance, such as `baseURL`. */
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
