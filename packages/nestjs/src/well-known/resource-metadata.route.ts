import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { type Verifier } from '@countersign/core';
import { resourceMetadataAnswer, resourceMetadataPaths } from '@countersign/core/http';
import { type ResolvedOptions } from '../countersign.options.js';
import { COUNTERSIGN_OPTIONS, VERIFIER } from '../countersign.tokens.js';
import { RouteRules } from '../inbound/route-rules.js';
import { KeySetAddress } from './key-set-address.js';
import { hasAdapter } from '../request/scope-opener.js';

/**
 * Tells clients what this service accepts, where the option `resourceMetadata` asks for it (RFC 9728 section 3.1).
 * No controller: the path comes from the identifier of the service, ends as that does, and knows no global prefix.
 */
@Injectable()
export class ResourceMetadataRoute implements OnModuleInit {
  constructor(
    private readonly host: HttpAdapterHost,
    private readonly rules: RouteRules,
    private readonly keySet: KeySetAddress,
    @Inject(VERIFIER) private readonly verifier: Verifier,
    @Inject(COUNTERSIGN_OPTIONS) private readonly options: ResolvedOptions,
  ) {}

  onModuleInit(): void {
    const { resourceMetadata, keys } = this.options;
    if (resourceMetadata === undefined || !hasAdapter(this.host)) return;
    const adapter = this.host.httpAdapter;
    for (const path of resourceMetadataPaths(resourceMetadata)) {
      adapter.get(path, (_request: unknown, response: unknown) => {
        const { authorizationServers, dpop, publicAddresses } = this.verifier;
        const known = { authorizationServers, dpop, publicAddresses };
        const sources = { ...known, hasKeys: keys !== undefined, keySetPath: this.keySet.path };
        const answer = resourceMetadataAnswer(resourceMetadata, sources, this.rules.scopes());
        for (const [name, value] of Object.entries(answer.headers)) adapter.setHeader(response, name, value);
        adapter.reply(response, JSON.stringify(answer.document), 200);
      });
    }
  }
}
