import { type IncomingMessage } from 'node:http';

/** The part of an application that is read here. */
interface MountedApplication {
  /** The application that it is mounted in. */
  readonly parent?: MountedApplication;
}

const guarded = new WeakSet();

/** Notes that an application is guarded, as a whole. */
export function noteGuarded(application: object): void {
  guarded.add(application);
}

/**
 * Whether a request is in an application that is guarded, or in one that is mounted there. A bundler may have taken the name by
 * which an application is found that is mounted before our middleware: its requests never get there.
 */
export function isInGuardedApplication(
  request: IncomingMessage & { readonly app?: MountedApplication },
): boolean {
  let application = request.app;
  while (application !== undefined && !guarded.has(application)) application = application.parent;
  return application !== undefined;
}
