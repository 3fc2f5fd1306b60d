/** What the route of a plain application requires. */
export const REQUIRED_SCOPE = 'order:read';

/** For libraries that leave scopes to the application. */
export function hasRequiredScope(claims: unknown): boolean {
  if (typeof claims !== 'object' || claims === null || !('scope' in claims)) return false;
  return typeof claims.scope === 'string' && claims.scope.split(' ').includes(REQUIRED_SCOPE);
}
