import {
  type CanActivate,
  type ExecutionContext,
  type Provider,
  UnauthorizedException,
} from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';

interface GuardedRequest {
  readonly headers: { readonly authorization?: string };
  user?: unknown;
}

/**
 * A guard for libraries that verify and leave the rest to the application, in the form of the authentication chapter of
 * Nest's documentation: the token from `Authorization: Bearer`, the claims in `request.user`, and 401 for any failure.
 * Makes no promise for a library that needs none.
 */
export function bearerGuard(verify: (token: string) => unknown): Provider {
  class BearerGuard implements CanActivate {
    canActivate(context: ExecutionContext): boolean | Promise<boolean> {
      const request = context.switchToHttp().getRequest<GuardedRequest>();
      const [type, token] = request.headers.authorization?.split(' ') ?? [];
      if (type !== 'Bearer' || token === undefined) throw new UnauthorizedException();
      try {
        const claims = verify(token);
        if (claims instanceof Promise) return claims.then(accept, refuse);
        return accept(claims);
      } catch {
        return refuse();
      }

      function accept(claims: unknown): boolean {
        request.user = claims;
        return true;
      }
    }
  }
  return { provide: APP_GUARD, useValue: new BearerGuard() };
}

function refuse(): never {
  throw new UnauthorizedException();
}
