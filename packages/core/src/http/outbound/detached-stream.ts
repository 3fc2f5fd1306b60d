import { finished, Readable } from 'node:stream';

/**
 * The octets of another stream, and nothing else of it: a stream of Node leads to the request that it answers, or is piped
 * into, and so to the token among that one's headers.
 * Asks for octets only when it is read itself; destroying it lets go of the other one. Like an answer of Node, it keeps an
 * error to itself that nobody listens for.
 * @param inWords what its reader is told in place of the error by which the other one ends.
 */
export function detachedStream(source: Readable, inWords: (error: Error) => Error): Readable {
  const detached = new Readable({
    read: () => void source.resume(),
    destroy(error, done) {
      source.destroy();
      done(this.listenerCount('error') === 0 ? null : error);
    },
  });
  // One that was read before says so no more.
  if (source.readableEnded) detached.push(null);
  source.pause();
  source.on('data', (chunk: unknown) => {
    if (!detached.push(chunk)) source.pause();
  });
  source.once('end', () => detached.push(null));
  finished(source, { writable: false }, (error) => {
    if (error !== undefined && error !== null) detached.destroy(inWords(error));
  });
  return detached;
}
