/** What is used of packages that are not installed here, since they do not support Nest 12 yet. */
declare module '@golevelup/nestjs-rabbitmq' {
  interface HandlerConfig {
    readonly exchange: string;
    readonly routingKey: string;
    readonly queue: string;
    readonly errorHandler?: (channel: unknown, message: unknown, error: unknown) => unknown;
  }
  export const RabbitSubscribe: (config: HandlerConfig) => MethodDecorator;
  export const RabbitRPC: (config: HandlerConfig) => MethodDecorator;
  export const RabbitMQModule: {
    forRoot(config: { readonly uri: string }): import('@nestjs/common').DynamicModule;
  };
}

declare module 'amqplib' {
  interface ConfirmChannel {
    assertQueue(name: string): Promise<{ readonly messageCount: number }>;
    deleteQueue(name: string): Promise<unknown>;
    publish(exchange: string, routingKey: string, content: Buffer): boolean;
    waitForConfirms(): Promise<void>;
  }
  interface Connection {
    createConfirmChannel(): Promise<ConfirmChannel>;
    close(): Promise<void>;
  }
  export function connect(url: string): Promise<Connection>;
}
