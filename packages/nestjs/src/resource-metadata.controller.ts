import { Controller, Get, Header, Inject, NotFoundException, Req, VERSION_NEUTRAL } from '@nestjs/common';
import { type Verifier } from '@countersign/core';
import { type ResolvedOptions } from './countersign.options.js';
import { COUNTERSIGN_OPTIONS, VERIFIER } from './countersign.tokens.js';
import { Public } from './inbound/decorators.js';
import { RouteRules } from './inbound/route-rules.js';
import { resourceMetadataDocument, RESOURCE_METADATA_PATH } from './resource-metadata.js';

/**
 * The metadata of a service whose identifier has a path stands under that path. Express and Fastify write wildcards in
 * different ways, so each depth has a pattern of its own.
 */
const PATHS = ['', '/:a', '/:a/:b', '/:a/:b/:c', '/:a/:b/:c/:d'].map(
  (path) => `oauth-protected-resource${path}`,
);

/**
 * Tells clients what this service accepts (RFC 9728), where the option `resourceMetadata` asks for it; else 404.
 * Where an application has a global prefix, it must leave this path out of it, as that of the public keys.
 */
@Controller({ path: '.well-known', version: VERSION_NEUTRAL })
@Public()
export class ResourceMetadataController {
  constructor(
    @Inject(COUNTERSIGN_OPTIONS) private readonly options: ResolvedOptions,
    @Inject(VERIFIER) private readonly verifier: Verifier,
    private readonly rules: RouteRules,
  ) {}

  @Get(PATHS)
  @Header('Content-Type', 'application/json')
  @Header('Cache-Control', 'public, max-age=300')
  metadata(@Req() request: { readonly url: string; readonly originalUrl?: string }): object {
    const { resourceMetadata } = this.options;
    if (resourceMetadata === undefined || !isAbout(resourceMetadata.url, request.originalUrl ?? request.url))
      throw new NotFoundException();
    return resourceMetadataDocument(resourceMetadata, this.verifier, this.rules.scopes());
  }
}

/** Whether the path that was asked for is that of our metadata: with the path of our identifier, or with none. */
function isAbout(metadataUrl: string, requestUrl: string): boolean {
  const asked = requestUrl.slice(requestUrl.indexOf(RESOURCE_METADATA_PATH)).replace(/\?.*$/, '');
  return asked === RESOURCE_METADATA_PATH || asked === new URL(metadataUrl).pathname;
}
