import { createServer } from 'node:http';
import { once } from 'node:events';
import { holdPort, startOnFreePorts } from '../src/testing.js';

async function listenOn(port: number): Promise<{ close(): Promise<void> }> {
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    async close() {
      server.close();
      await once(server, 'close');
    },
  };
}

describe('A port for a service that is not there yet', () => {
  it("is nobody else's while it is held", async () => {
    const held = await holdPort();
    await expect(listenOn(held.port)).rejects.toThrow('EADDRINUSE');
    await held.release();
    await held.release();
    await (await listenOn(held.port)).close();
  });

  it('is replaced by another, once, when somebody took it', async () => {
    const [taken, free] = [await holdPort(), await holdPort()];
    await free.release();
    const ports = [taken.port, free.port];
    const started = await startOnFreePorts(() => listenOn(ports.shift()!));
    await started.close();
    const attempts: number[] = [];
    const tried = startOnFreePorts(() => listenOn(attempts[attempts.push(taken.port) - 1]!));
    await expect(tried).rejects.toThrow('EADDRINUSE');
    expect(attempts).toHaveLength(2);
    await taken.release();
  });

  it('is not looked for again when a service ends for another reason', async () => {
    let attempts = 0;
    const started = startOnFreePorts(() => {
      attempts++;
      return Promise.reject(new Error('TRUST_FILE: is missing'));
    });
    await expect(started).rejects.toThrow('TRUST_FILE');
    expect(attempts).toBe(1);
  });
});
