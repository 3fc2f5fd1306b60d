/** What the URIs of a service begin with: its identifier, ending in `/`. */
export function uriRoot(service: string): string {
  return service.endsWith('/') ? service : `${service}/`;
}
