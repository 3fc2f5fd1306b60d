/**
 * Mistakes that the compiler must find. Never run: each line below `@ts-expect-error` is an error, or this file is one.
 */
import { Module } from '@nestjs/common';
import {
  Authenticated,
  CountersignModule,
  Policies,
  Roles,
  Scopes,
  type CountersignOptions,
  type DestinationRecord,
  type HandlerPolicy,
  type Principal,
} from '@countersign/nestjs';
import { AuthorizedHttpModule } from '@countersign/nestjs/axios';

declare const complete: CountersignOptions;
declare const principal: Principal;

class NotAPolicy {
  allows(): boolean {
    return true;
  }
}
class GoodPolicy implements HandlerPolicy {
  permits(): boolean {
    return true;
  }
}

export const mistakes = [
  // @ts-expect-error a service without a name
  () => CountersignModule.forRoot({ trust: complete.trust, keys: complete.keys }),
  // @ts-expect-error a service that trusts nobody
  () => CountersignModule.forRoot({ service: complete.service, keys: complete.keys }),
  // @ts-expect-error undefined is not "left out": a service whose keys got lost does not pass for one without
  () => CountersignModule.forRoot({ ...complete, keys: undefined }),
  // @ts-expect-error a misspelt option
  () => CountersignModule.forRoot({ ...complete, audiance: 'https://census.service/' }),
  // @ts-expect-error handlers cannot be public by default
  () => CountersignModule.forRoot({ ...complete, undecorated: 'public' }),
  // @ts-expect-error a destination must say for whom it is called
  (): DestinationRecord => ({ name: 'a', url: 'https://a.example/', authorize: 'mint' }),
  // @ts-expect-error options made of nothing
  () => CountersignModule.forRootAsync({ useFactory: () => ({}) }),
  // @ts-expect-error no scope at all
  () => Scopes(),
  // @ts-expect-error no role at all
  () => Roles.any(),
  // @ts-expect-error neither a user nor a service
  () => Authenticated('admin'),
  // @ts-expect-error no policy at all
  () => Policies(),
  // @ts-expect-error a class that is no policy
  () => Policies(NotAPolicy),
  // @ts-expect-error scopes only ever shrink
  (): Set<string> => principal.scopes,
  // @ts-expect-error redirects are not followed
  () => AuthorizedHttpModule.register({ maxRedirects: 5 }),
  // @ts-expect-error credentials of one's own
  () => AuthorizedHttpModule.register({ auth: { username: 'a', password: 'b' } }),
];

@Module({
  imports: [
    CountersignModule.forRoot(complete),
    AuthorizedHttpModule.register({ baseURL: 'https://a.example/' }),
  ],
})
export class CompilesModule {
  @Policies(GoodPolicy)
  @Scopes('a', 'b')
  both(): void {
    return undefined;
  }
}
