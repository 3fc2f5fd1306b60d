import { type ClientProxy, ClientProxyFactory, Transport } from '@nestjs/microservices';
import { firstValueFrom } from 'rxjs';
import { type Variant } from '../application/reached.js';
import { outcome, type Knock } from './knock.js';

const HOST = '127.0.0.1';

/** By Nest's own client for TCP: one message. */
export async function knockOverMessage(port: number, variant: Variant): Promise<Knock> {
  const client = ClientProxyFactory.create({ transport: Transport.TCP, options: { host: HOST, port } });
  try {
    return { variant, kind: 'message', answer: await outcome(send(client, `${variant}.message`)) };
  } finally {
    await client.close();
  }
}

/** By Nest's own client for TCP. An event is answered by nobody: it has come in when the answer to a later message is there. */
export async function knockOverMessages(
  port: number,
  variants: readonly Variant[],
): Promise<readonly Knock[]> {
  const client = ClientProxyFactory.create({ transport: Transport.TCP, options: { host: HOST, port } });
  try {
    await client.connect();
    const events = await Promise.all(
      variants.map(async (variant) => {
        await firstValueFrom(client.emit(`${variant}.event`, 'sent'), { defaultValue: undefined });
        return { variant, kind: 'event', answer: 'sent' };
      }),
    );
    const messages = variants.flatMap((variant) =>
      ['message', 'later'].map(async (kind) => ({
        variant,
        kind,
        answer: await outcome(send(client, `${variant}.${kind}`)),
      })),
    );
    const knocks = [...events, ...(await Promise.all(messages))];
    await outcome(send(client, 'public.message'));
    return knocks;
  } finally {
    await client.close();
  }
}

async function send(client: ClientProxy, pattern: string): Promise<unknown> {
  return firstValueFrom(client.send<unknown>(pattern, 'sent'));
}
