import { type DynamicModule, type INestApplication, type Provider, type Type } from '@nestjs/common';

export type Platform = 'express' | 'fastify';
export type BenchAlgorithm = 'RS256' | 'ES256';

/** What every guard is told: one issuer, one key, one algorithm, one audience. */
export interface GuardSetup {
  readonly algorithm: BenchAlgorithm;
  readonly issuer: string;
  readonly audience: string;
  /** Serves a set with the issuer's one key. */
  readonly jwksUri: string;
  /** The same key, for those who document a key in PEM only. */
  readonly publicKeyPem: string;
}

/** What a guard adds to the application that is the same for all. */
export interface GuardParts {
  readonly imports?: readonly (Type | DynamicModule)[];
  readonly providers?: readonly Provider[];
  /** What the guard wants on a route that asks for a good token. Default: nothing. */
  readonly route?: MethodDecorator;
  /** Called before the application listens. */
  readonly prepare?: (app: INestApplication) => void | Promise<void>;
}

/** One way to guard a Nest application, as its own documentation shows it. */
export interface Guard {
  readonly name: string;
  /** What stands in tables and in the chart. */
  readonly title: string;
  readonly platforms: readonly Platform[];
  /** Default: all. */
  readonly algorithms?: readonly BenchAlgorithm[];
  /** The package whose version is noted; undefined for none. */
  readonly package?: string;
  readonly parts: (setup: GuardSetup) => GuardParts | Promise<GuardParts>;
}

export const BOTH_PLATFORMS: readonly Platform[] = ['express', 'fastify'];
