import { type CommonOptions } from '@countersign/core/http';
import { type Principal } from '@countersign/core';
import { type Route } from '../routes.js';

/** What the handlers of every adapter answer. */
export interface Handled {
  readonly caller: string | undefined;
  readonly subject: string | undefined;
}

export interface ServiceParts {
  readonly options: CommonOptions;
  readonly routes: readonly Route[];
  /** To be called by the handler of a route, which answers with what it returns. */
  readonly handle: (route: Route, principal: Principal | undefined) => Handled;
}

export interface RunningService {
  readonly origin: string;
  close(): Promise<void>;
}

/** Other ways to write the path `/read`. Whether they lead to the route is up to the framework. */
export const SPELLINGS = [
  '/read?a=1', '/read#part', 'http://order.service/read', '/READ', '/read/', '/%72ead', '//read', '/./read', '/a/../read',
  '/read;x=1', '/read%2F', '/read%00', '/read%zz',
] as const; // prettier-ignore

export type Spelling = (typeof SPELLINGS)[number];

/** Types of content that a write may have. */
export const MEDIA_TYPES = [
  'text/plain; charset=utf-8', 'application/json', 'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x', 'application/octet-stream',
] as const; // prettier-ignore

export type MediaType = (typeof MEDIA_TYPES)[number];

/** One way to serve the routes, and what its framework decides itself. All else is the same for all adapters. */
export interface Adapter {
  readonly name: string;
  /** Whether it speaks HTTP/2 only. */
  readonly isHttp2?: boolean;
  /** Whether the framework refuses bodies above the same limit itself, before any guard. */
  readonly ownBodyLimit?: boolean;
  /** The other spellings of a path that the framework takes for the same path. By any other nothing is found. */
  readonly sameRoute: readonly Spelling[];
  /** The types of content that the framework parses, so that a body has to be what its type says. */
  readonly parses?: readonly MediaType[];
  /** Whether its parsers decompress bodies. Others take compressed JSON for JSON with a fault in it. */
  readonly inflates?: boolean;
  /** The types that the framework refuses with 415, unless the application adds a parser. */
  readonly unknownTypes?: readonly MediaType[];
  /** Whether the framework parses bodies before the guard, which then judges only what was parsed. */
  readonly parsesFirst?: boolean;
  /** How the framework answers OPTIONS for a route that has no handler for it. */
  readonly answerToOptions: 200 | 404;
  /** Why the service does not start with a route that says nothing about who may call it. Undefined: its calls are refused. */
  readonly unstatedAtStart?: 'policy_missing' | 'config_invalid';
  /** Starts the service on a free port of the loopback interface. */
  start(parts: ServiceParts): Promise<RunningService>;
}
