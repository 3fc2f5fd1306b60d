import { Injectable, type Type } from '@nestjs/common';
import { Mutation, Query, ResolveField, Resolver, Subscription } from '@nestjs/graphql';
import { CurrentPrincipal, type Principal } from '@countersign/nestjs';
import { reach, type Variant } from './reached.js';
import { DECORATORS, type Handlers } from './variants.js';

export function graphqlSchema(variants: readonly Variant[]): string {
  const items = variants.map((variant) => `${variant}: Item`).join('\n');
  const fields = variants.map((variant) => `${variant}: String`).join('\n');
  return `
    type Query { ${items} }
    type Mutation { ${items} }
    type Subscription { ${items} }
    type Item { id: ID\n ${fields} }
  `;
}

export function resolver({ variant, scope }: Handlers): Type {
  const { onClass, onMethod } = DECORATORS[variant];
  const item = { id: '1' };
  @onClass
  @Injectable({ scope })
  @Resolver('Item')
  class GraphqlHandlers {
    @Query(variant)
    @onMethod
    query(@CurrentPrincipal() principal: Principal | undefined): object {
      reach(variant, 'query');
      return principal === undefined ? item : {};
    }

    @Mutation(variant)
    @onMethod
    mutation(): object {
      reach(variant, 'mutation');
      return item;
    }

    @Subscription(variant)
    @onMethod
    subscription(): AsyncIterable<object> {
      reach(variant, 'subscription');
      return onlyOne({ [variant]: item });
    }

    @ResolveField(variant)
    @onMethod
    field(): string {
      reach(variant, 'field');
      return 'reached';
    }
  }
  return GraphqlHandlers;
}

async function* onlyOne(value: object): AsyncGenerator<object> {
  yield value;
}
