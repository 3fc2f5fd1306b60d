import { type DynamicModule, type INestApplication, type Provider, type Type } from '@nestjs/common';

/** What carries the application of Nest. */
export type NestPlatform = 'express' | 'fastify';
/** The same frameworks without Nest. */
export type BarePlatform = 'bare-express' | 'bare-fastify';
export type Platform = NestPlatform | BarePlatform;
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

/** One way to guard an application, as its own documentation shows it. */
export type Guard = NestGuard | BareGuard;

interface Described {
  /** No two guards of a platform have the same. */
  readonly name: string;
  /** What stands in tables and in the chart. */
  readonly title: string;
  readonly platforms: readonly Platform[];
  /** Default: all. */
  readonly algorithms?: readonly BenchAlgorithm[];
  /** The package whose version is noted; undefined for none. */
  readonly package?: string;
}

/** Guards a Nest application. */
export interface NestGuard extends Described {
  readonly platforms: readonly NestPlatform[];
  readonly parts: (setup: GuardSetup) => GuardParts | Promise<GuardParts>;
}

/** Guards an application without Nest, whose one route requires a scope. */
export interface BareGuard extends Described {
  readonly platforms: readonly BarePlatform[];
  /** Starts the application on a free port, and says which. */
  readonly start: (setup: GuardSetup) => Promise<number>;
}

export function isBare(guard: Guard): guard is BareGuard {
  return 'start' in guard;
}

export const BOTH_PLATFORMS: readonly NestPlatform[] = ['express', 'fastify'];
