import { Inject, Injectable, Logger, type OnModuleInit, RequestMethod } from '@nestjs/common';
import { ApplicationConfig, HttpAdapterHost } from '@nestjs/core';
import { type KeyStore, type Verifier } from '@countersign/core';
import { KEY_SET_PATH } from '@countersign/core/http';
import { KEY_STORE, VERIFIER } from '../countersign.tokens.js';
import { hasAdapter } from '../request/scope-opener.js';

/** Where the application publishes its keys, which its global prefix decides. That is set later than modules are made. */
@Injectable()
export class KeySetAddress implements OnModuleInit {
  readonly #logger = new Logger('Countersign');

  constructor(
    private readonly application: ApplicationConfig,
    private readonly host: HttpAdapterHost,
    @Inject(VERIFIER) private readonly verifier: Verifier,
    @Inject(KEY_STORE) private readonly keyStore: KeyStore | undefined,
  ) {}

  /** The path of the route. */
  get path(): string {
    const prefix = this.#prefix;
    return prefix === '' || this.#isExcluded() ? KEY_SET_PATH : `/${prefix}${KEY_SET_PATH}`;
  }

  /** Warns where other services would look for the keys in vain. */
  onModuleInit(): void {
    const prefix = this.#prefix;
    const { publicAddresses } = this.verifier;
    publicAddresses?.keepPrefix(prefix);
    if (this.keyStore === undefined || !hasAdapter(this.host) || this.path === KEY_SET_PATH) return;
    if (publicAddresses?.endsIn(prefix) === true) return;
    const route = KEY_SET_PATH.slice(1);
    this.#logger.warn(
      `the public keys are at ${this.path}, and other services look for them at ${KEY_SET_PATH}: write ` +
        `app.setGlobalPrefix('${prefix}', { exclude: ['${route}'] }), or let publicUrl end in /${prefix}/`,
    );
  }

  get #prefix(): string {
    return this.application.getGlobalPrefix().replace(/^\/+|\/+$/g, '');
  }

  #isExcluded(): boolean {
    const { exclude = [] } = this.application.getGlobalPrefixOptions();
    return exclude.some(
      ({ pathRegex, requestMethod }) => ANY_OR_GET.has(requestMethod) && pathRegex.test(KEY_SET_PATH),
    );
  }
}

const ANY_OR_GET: ReadonlySet<RequestMethod> = new Set([RequestMethod.ALL, RequestMethod.GET]);
