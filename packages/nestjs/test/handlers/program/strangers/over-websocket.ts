import { once } from 'node:events';
import { WebSocket } from 'ws';
import { type Variant } from '../application/reached.js';
import { outcome, type Knock } from './knock.js';

interface Frame {
  readonly event?: string;
  readonly type?: string;
  readonly data?: unknown;
  readonly payload?: unknown;
}

/**
 * One connection for each handler. After what it wants, it sends a frame to the public handler: when that is answered, nothing
 * else comes.
 */
export async function knockOverWebSocket(
  port: number,
  variants: readonly Variant[],
): Promise<readonly Knock[]> {
  return Promise.all(
    variants.map(async (variant) => {
      const socket = new WebSocket(`ws://127.0.0.1:${String(port)}`);
      const frames: Frame[] = [];
      const fence = new Promise<void>((resolve) => {
        socket.on('message', (octets: Buffer) => {
          const frame = JSON.parse(octets.toString()) as Frame;
          if (frame.data === 'fence') resolve();
          else frames.push(frame);
        });
      });
      await once(socket, 'open');
      socket.send(JSON.stringify({ event: variant, data: 'sent' }));
      socket.send(JSON.stringify({ event: 'public', data: 'fence' }));
      const ended = await outcome(fence);
      socket.terminate();
      return { variant, kind: 'frame', answer: ended === undefined ? frames : ended };
    }),
  );
}

/** By the protocol `graphql-transport-ws`, which Apollo and Mercurius have in common. */
export async function knockWithSubscription(
  url: string,
  variants: readonly Variant[],
): Promise<readonly Knock[]> {
  return Promise.all(
    variants.map(async (variant) => ({
      variant,
      kind: 'subscription',
      answer: await outcome(subscribe(url.replace(/^http/, 'ws'), `subscription { ${variant} { id } }`)),
    })),
  );
}

async function subscribe(url: string, query: string): Promise<readonly Frame[]> {
  const socket = new WebSocket(url, 'graphql-transport-ws');
  const frames: Frame[] = [];
  const done = new Promise<void>((resolve, reject) => {
    socket.on('error', reject).on('close', resolve);
    socket.on('message', (octets: Buffer) => {
      const { type, payload } = JSON.parse(octets.toString()) as Frame;
      if (type === 'connection_ack')
        socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query } }));
      else frames.push({ type: type ?? '', payload });
      if (type === 'complete' || type === 'error') resolve();
    });
  });
  await once(socket, 'open');
  socket.send(JSON.stringify({ type: 'connection_init' }));
  await done;
  socket.terminate();
  return frames;
}
