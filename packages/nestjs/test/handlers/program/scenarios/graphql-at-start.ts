import { type Type } from '@nestjs/common';
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { NestFactory } from '@nestjs/core';
import { GraphQLModule, Query, ResolveField, ResolveReference, Resolver } from '@nestjs/graphql';
import { ExpressAdapter } from '@nestjs/platform-express';
import { Public, Scopes } from '@countersign/nestjs';
import { TestIssuer } from '@countersign/testing';
import { countersign, rootOf } from '../application/put-together.js';
import { type Report, type Scenarios } from '../report.js';

const SCHEMA = `
  type Query { animal: Animal secret: String hidden: String }
  interface Animal { id: ID }
  type Cat implements Animal { id: ID name: String }
`;

@Resolver('Cat')
class Fields {
  @ResolveField()
  @Scopes('user:read')
  name(): string {
    return 'Tom';
  }

  @ResolveReference()
  @Scopes('user:read')
  reference(): object {
    return {};
  }
}

@Resolver('Animal')
class TypeOfAnimal {
  @ResolveField()
  @Scopes('user:read')
  __resolveType(): string {
    return 'Cat';
  }
}

/** Nothing is on its method, and Nest resolves it all the same. */
@Resolver('Query')
class RootType {
  secret(): string {
    return 'reached';
  }
}

/** Nest goes by the name of a method, whatever it resolves. */
@Resolver('Query')
class HiddenRoot {
  @Query('hidden')
  @Scopes('user:read')
  __resolveType(): string {
    return 'reached';
  }
}

@Public()
@Resolver('Animal')
class Control {
  @Query('animal')
  animal(): object {
    return { id: '1' };
  }

  @ResolveField()
  __resolveType(): string {
    return 'Cat';
  }
}

export const GRAPHQL_AT_START: Scenarios = {
  'fields of GraphQL that no guard sees keep the application from starting': async () =>
    startWith([Fields], [], ['Fields#name', 'Fields#reference', "fieldResolverEnhancers: ['guards'"]),
  'fields of GraphQL that no filter sees keep the application from starting': async () =>
    startWith([Fields], ['guards'], ['Fields#name', "'filters']"]),
  '__resolveType keeps the application from starting unless it is public': async () =>
    startWith([TypeOfAnimal], ['guards', 'filters'], ['TypeOfAnimal#__resolveType']),
  'a query by a method of that name does so, too': async () =>
    startWith([HiddenRoot], ['guards', 'filters'], ['HiddenRoot#__resolveType']),
  'a resolver of a root type without decorators on its methods keeps the application from starting':
    async () => startWith([RootType], ['guards', 'filters'], ['RootType#secret']),
  'fields of GraphQL that guards see, or that are public, do not': async () =>
    startWith([Fields, Control], ['guards', 'filters'], []),
};

/** @param says parts of the error at start; none where it must start. */
async function startWith(
  providers: Type[],
  fieldResolverEnhancers: ('guards' | 'filters')[],
  says: readonly string[],
): Promise<Report> {
  const herald = await TestIssuer.start({ issuer: 'https://herald.service/' });
  const graphql = GraphQLModule.forRoot<ApolloDriverConfig>({
    driver: ApolloDriver,
    typeDefs: SCHEMA,
    fieldResolverEnhancers,
    resolverValidationOptions: {
      requireResolversToMatchSchema: 'ignore',
      requireResolversForResolveType: 'ignore',
    },
  });
  const root = rootOf({ imports: [countersign(herald), graphql], providers });
  const application = await NestFactory.create(root, new ExpressAdapter(), {
    logger: false,
    abortOnError: false,
  });
  try {
    await application.init();
    return { knocks: [], reached: {}, problems: says.map((part) => `started without a word of ${part}`) };
  } catch (error) {
    const said = String(error);
    const missing = says.filter((part) => !said.includes(part));
    const problems = says.length === 0 ? [said] : missing.map((part) => `says nothing of ${part}: ${said}`);
    return { knocks: [], reached: {}, problems };
  } finally {
    await application.close();
    await herald.close();
  }
}
