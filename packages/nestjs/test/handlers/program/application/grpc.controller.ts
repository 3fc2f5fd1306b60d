import { Controller, type Type } from '@nestjs/common';
import { GrpcMethod, GrpcStreamCall, GrpcStreamMethod } from '@nestjs/microservices';
import { type sendUnaryData, type ServerDuplexStream, type ServerReadableStream } from '@grpc/grpc-js';
import { fromJSON, type PackageDefinition } from '@grpc/proto-loader';
import { last, map, of, type Observable } from 'rxjs';
import { reach, type Variant } from './reached.js';
import { DECORATORS, type Handlers } from './variants.js';

export interface Text {
  readonly text: string;
}

/** The methods of each service; the name of the service is the variant. */
const METHODS = {
  Unary: {},
  Download: { responseStream: true },
  Stream: { requestStream: true, responseStream: true },
  Collect: { requestStream: true },
  Call: { requestStream: true, responseStream: true },
  Upload: { requestStream: true },
};

/** What a `.proto` file would say. */
export function grpcPackage(variants: readonly Variant[]): PackageDefinition {
  const methods = Object.fromEntries(
    Object.entries(METHODS).map(([name, streams]) => [
      name,
      { requestType: 'Text', responseType: 'Text', ...streams },
    ]),
  );
  const services = Object.fromEntries(variants.map((variant) => [variant, { methods }]));
  const nested = { Text: { fields: { text: { type: 'string', id: 1 } } }, ...services };
  return fromJSON({ nested: { handlers: { nested } } });
}

export function grpcController({ variant, scope }: Handlers): Type {
  const { onClass, onMethod } = DECORATORS[variant];
  @onClass
  @Controller({ scope })
  class GrpcHandlers {
    @GrpcMethod(variant, 'Unary')
    @onMethod
    unary(): Text {
      reach(variant, 'Unary');
      return { text: 'reached' };
    }

    @GrpcMethod(variant, 'Download')
    @onMethod
    download(): Observable<Text> {
      reach(variant, 'Download');
      return of({ text: 'reached' });
    }

    @GrpcStreamMethod(variant, 'Stream')
    @onMethod
    stream(texts: Observable<Text>): Observable<Text> {
      reach(variant, 'Stream');
      return texts.pipe(map(() => ({ text: 'reached' })));
    }

    @GrpcStreamMethod(variant, 'Collect')
    @onMethod
    collect(texts: Observable<Text>): Observable<Text> {
      reach(variant, 'Collect');
      return texts.pipe(
        last(),
        map(() => ({ text: 'reached' })),
      );
    }

    @GrpcStreamCall(variant, 'Call')
    @onMethod
    call(call: ServerDuplexStream<Text, Text>): void {
      reach(variant, 'Call');
      call.resume().on('end', () => call.end());
      call.write({ text: 'reached' });
    }

    @GrpcStreamCall(variant, 'Upload')
    @onMethod
    upload(call: ServerReadableStream<Text, Text>, answer: sendUnaryData<Text>): void {
      reach(variant, 'Upload');
      call.resume().on('end', () => answer(null, { text: 'reached' }));
    }
  }
  return GrpcHandlers;
}
