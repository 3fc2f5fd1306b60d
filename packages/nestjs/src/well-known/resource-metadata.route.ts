import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { type Verifier } from '@countersign/core';
import { type ResolvedOptions } from '../countersign.options.js';
import { COUNTERSIGN_OPTIONS, VERIFIER } from '../countersign.tokens.js';
import { RouteRules } from '../inbound/route-rules.js';
import { hasAdapter } from '../request/scope-opener.js';
import { resourceMetadataDocument, RESOURCE_METADATA_PATH } from './resource-metadata.js';

/**
 * Tells clients what this service accepts, where the option `resourceMetadata` asks for it (RFC 9728 section 3.1).
 * No controller: the path comes from the identifier of the service, ends as that does, and knows no global prefix.
 */
@Injectable()
export class ResourceMetadataRoute implements OnModuleInit {
  constructor(
    private readonly host: HttpAdapterHost,
    private readonly rules: RouteRules,
    @Inject(VERIFIER) private readonly verifier: Verifier,
    @Inject(COUNTERSIGN_OPTIONS) private readonly options: ResolvedOptions,
  ) {}

  onModuleInit(): void {
    const { resourceMetadata, keys } = this.options;
    if (resourceMetadata === undefined || !hasAdapter(this.host)) return;
    const adapter = this.host.httpAdapter;
    for (const path of new Set([RESOURCE_METADATA_PATH, new URL(resourceMetadata.url).pathname])) {
      adapter.get(path, (_request: unknown, response: unknown) => {
        const { authorizationServers, dpop } = this.verifier;
        const sources = { authorizationServers, dpop, hasKeys: keys !== undefined };
        const document = resourceMetadataDocument(resourceMetadata, sources, this.rules.scopes());
        adapter.setHeader(response, 'Content-Type', 'application/json');
        adapter.setHeader(response, 'Cache-Control', 'public, max-age=300');
        adapter.reply(response, JSON.stringify(document), 200);
      });
    }
  }
}
