import { type Verifier } from '../../inbound/verifier.js';
import { KEY_SET_PATH, type DocumentAnswer } from './key-set-answer.js';
import { invalidOption, OptionsReader, readHttpsUri } from '../../options.js';

/** The metadata that this service publishes for clients (RFC 9728). */
export interface ResourceMetadataOptions {
  /** The name of the service for people. */
  readonly name?: string;
  /** The URL of a page for developers. */
  readonly documentation?: string;
  /** The supported scopes. Default: the scopes that routes require. An empty list publishes none. */
  readonly scopes?: readonly string[];
  /** Whether tokens may be bound to a TLS client certificate. Only if TLS is terminated in this process. Default false. */
  readonly certificateBoundTokens?: boolean;
}

/** The resource metadata of this service, with defaults filled in. */
export interface ResourceMetadata {
  /** The identifier of this service. */
  readonly resource: string;
  /** Where the document is, unless the service has a `publicUrl`: see `resourceMetadataUrl`. */
  readonly url: string;
  readonly name: string | undefined;
  readonly documentation: string | undefined;
  readonly scopes: readonly string[] | undefined;
  readonly certificateBoundTokens: boolean;
}

const MEMBERS = ['name', 'documentation', 'scopes', 'certificateBoundTokens'] as const;

const RESOURCE_METADATA_PATH = '/.well-known/oauth-protected-resource';

/**
 * Reads the option `resourceMetadata`: what the service tells clients about itself, undefined where it tells nothing.
 * @throws TypeError naming the option; also when the identifier of the service is no https URI.
 */
export function readResourceMetadata(
  value: unknown,
  service: string,
  allowInsecureHttp: boolean,
): ResourceMetadata | undefined {
  if (value === undefined || value === false) return undefined;
  const read = new OptionsReader(value === true ? {} : value, 'resourceMetadata', MEMBERS);
  let url: URL;
  try {
    url = readHttpsUri(service, 'service', allowInsecureHttp);
  } catch {
    throw invalidOption(
      'resourceMetadata',
      'needs a service whose identifier is an https URI without a fragment',
    );
  }
  const path = url.pathname === '/' ? '' : url.pathname;
  return {
    resource: service,
    url: `${url.origin}${RESOURCE_METADATA_PATH}${path}${url.search}`,
    name: read.has('name') ? read.string('name') : undefined,
    documentation: read.has('documentation')
      ? readHttpsUri(read.raw('documentation'), read.at('documentation'), allowInsecureHttp).href
      : undefined,
    scopes: read.has('scopes') ? read.strings('scopes') : undefined,
    certificateBoundTokens: read.boolean('certificateBoundTokens', false),
  };
}

interface MetadataSources extends Pick<Verifier, 'authorizationServers' | 'dpop'> {
  /** Whether this service publishes keys of its own. */
  readonly hasKeys: boolean;
  /** `publicAddresses` of the verifier. Default: the document names addresses under the identifier of the service. */
  readonly publicAddresses?: Verifier['publicAddresses'];
  /** The path at which the keys are served, where it is another one than `KEY_SET_PATH` and the service has a `publicUrl`. */
  readonly keySetPath?: string;
}

/**
 * Where clients find the document, for challenges: at its well-known path under the `publicUrl`, which a proxy that strips a prefix
 * hands on, or else where RFC 9728 section 3.1 puts it for the identifier of the service.
 */
export function resourceMetadataUrl(
  { url }: ResourceMetadata,
  { publicAddresses }: Pick<Verifier, 'publicAddresses'>,
): string {
  return publicAddresses?.urlOf(RESOURCE_METADATA_PATH) ?? url;
}

/** The paths at which to serve the document: the path of its URL, and the well-known path alone. */
export function resourceMetadataPaths({ url }: ResourceMetadata): ReadonlySet<string> {
  return new Set([RESOURCE_METADATA_PATH, new URL(url).pathname]);
}

/** Makes the answer to a request for the document (RFC 9728 section 3.2). */
export function resourceMetadataAnswer(
  ...described: Parameters<typeof resourceMetadataDocument>
): DocumentAnswer {
  return {
    headers: { 'Content-Type': 'application/json', 'Cache-Control': 'public, max-age=300' },
    document: resourceMetadataDocument(...described),
  };
}

/** The document itself (RFC 9728 section 2). Lists that would be empty are left out, as its section 3.2 asks. */
function resourceMetadataDocument(
  metadata: ResourceMetadata,
  { authorizationServers, dpop, hasKeys, publicAddresses, keySetPath = KEY_SET_PATH }: MetadataSources,
  scopesOfRoutes: readonly string[],
): Readonly<Record<string, unknown>> {
  const { resource, name, documentation, certificateBoundTokens, scopes = scopesOfRoutes } = metadata;
  const base = resource.replace(/\/$/, '');
  return {
    resource,
    ...(authorizationServers.length > 0 && { authorization_servers: authorizationServers }),
    ...(hasKeys && { jwks_uri: publicAddresses?.urlOf(keySetPath) ?? `${base}${KEY_SET_PATH}` }),
    ...(scopes.length > 0 && { scopes_supported: scopes }),
    bearer_methods_supported: ['header'],
    ...(name !== undefined && { resource_name: name }),
    ...(documentation !== undefined && { resource_documentation: documentation }),
    ...(certificateBoundTokens && { tls_client_certificate_bound_access_tokens: true }),
    ...(dpop.algorithms.length > 0 && { dpop_signing_alg_values_supported: dpop.algorithms }),
    ...(dpop.isRequired && { dpop_bound_access_tokens_required: true }),
  };
}
