import { type FastifyInstance } from 'fastify';

/** A route as Fastify prints it. */
interface PrintedRoute {
  /** Its methods and its path. */
  readonly name: string;
  /** Whether the hook is among those that run before it. */
  readonly isHooked: boolean;
}

/** A node of the tree: where it stands, its part of the path, and its methods. */
const NODE = /^([│├└─ ]*)(\S.*) \(([A-Z-]+(?:, [A-Z-]+)*)\)/;
const HOOKS = /^[│├└─ ]*• \(onRequest\) (.*)$/;
const INDENT = 4;

/**
 * The routes of the application, read from the tree that Fastify prints of them: it tells of a route nowhere else, unless one asks
 * before the route is added. For messages only.
 */
export function printedRoutes(instance: FastifyInstance, hook: string): readonly PrintedRoute[] {
  const found: { name: string; isHooked: boolean }[] = [];
  const parts: string[] = [];
  for (const line of instance.printRoutes({ commonPrefix: false, includeHooks: true }).split('\n')) {
    const hooks = HOOKS.exec(line)?.[1];
    const last = found.at(-1);
    if (hooks !== undefined && last !== undefined) last.isHooked = hooks.includes(`"${hook}()"`);
    const [, indent = '', part = '', methods = ''] = NODE.exec(line) ?? [];
    if (part === '' || part.startsWith('•')) continue;
    parts.splice(indent.length / INDENT, Infinity, part);
    found.push({ name: `${methods} ${parts.join('')}`, isHooked: false });
  }
  return found;
}
