import { type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import type { Principal } from '@countersign/core';
import type { HandlerPolicy } from '@countersign/nestjs';
import { SERVICE_URL } from './service-url.js';
import { parseUserId, toUserUri } from './user-uri.js';

/** A user's record may be seen by that user, by support and by administrators. */
@Injectable()
export class MaySeeUser implements HandlerPolicy {
  constructor(@Inject(SERVICE_URL) private readonly serviceUrl: string) {}

  permits(principal: Principal, context: ExecutionContext): boolean {
    const { roles } = principal;
    return roles.has('admin') || roles.has('support') || isOwnRecord(principal, context, this.serviceUrl);
  }
}

/** A user's record may be changed by that user and by administrators. */
@Injectable()
export class MayChangeUser implements HandlerPolicy {
  constructor(@Inject(SERVICE_URL) private readonly serviceUrl: string) {}

  permits(principal: Principal, context: ExecutionContext): boolean {
    return principal.roles.has('admin') || isOwnRecord(principal, context, this.serviceUrl);
  }
}

function isOwnRecord(principal: Principal, context: ExecutionContext, serviceUrl: string): boolean {
  const { id } = context.switchToHttp().getRequest<{ readonly params: { readonly id: string } }>().params;
  const userId = parseUserId(id);
  return userId !== undefined && principal.subject === toUserUri(serviceUrl, userId);
}
