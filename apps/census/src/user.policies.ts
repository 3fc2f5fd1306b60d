import { type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import type { Principal } from '@countersign/core';
import type { HandlerPolicy } from '@countersign/nestjs';
import { SERVICE_URL } from './service-url.js';
import { parseUserId, toUserUri } from './user-uri.js';

/** A request for the record of one user, in any framework. */
interface UserRequest {
  readonly params: { readonly id: string };
}

/** A rule for the records of the users under an address. */
type UserRule = (serviceUrl: string, principal: Principal, request: UserRequest) => boolean;

/** A user's record may be seen by that user, by support and by administrators. */
export const maySeeUser: UserRule = (serviceUrl, principal, request) =>
  principal.roles.has('support') || mayChangeUser(serviceUrl, principal, request);

/** A user's record may be changed by that user and by administrators. */
export const mayChangeUser: UserRule = (serviceUrl, principal, { params }) => {
  const id = parseUserId(params.id);
  const isOwn = id !== undefined && principal.subject === toUserUri(serviceUrl, id);
  return isOwn || principal.roles.has('admin');
};

/** `maySeeUser`, for Nest. */
@Injectable()
export class MaySeeUser implements HandlerPolicy {
  constructor(@Inject(SERVICE_URL) private readonly serviceUrl: string) {}

  permits(principal: Principal, context: ExecutionContext): boolean {
    return maySeeUser(this.serviceUrl, principal, context.switchToHttp().getRequest());
  }
}

/** `mayChangeUser`, for Nest. */
@Injectable()
export class MayChangeUser implements HandlerPolicy {
  constructor(@Inject(SERVICE_URL) private readonly serviceUrl: string) {}

  permits(principal: Principal, context: ExecutionContext): boolean {
    return mayChangeUser(this.serviceUrl, principal, context.switchToHttp().getRequest());
  }
}
