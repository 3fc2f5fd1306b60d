import timers from 'node:timers';

/**
 * Node's timers as they were when this module was loaded. A test that fakes timers later fakes the global ones, and with
 * sinon those of `node:timers` too. Work that is under way then must still be done, so it uses these.
 */
export const { clearInterval, clearTimeout, setImmediate, setInterval, setTimeout } = timers;

/**
 * Whether `setImmediate` is Node's own, which makes objects of the class `Immediate`. When timers were faked before this
 * module was loaded it is not, and may never call anybody back.
 */
export const isImmediateGenuine = classOf(setImmediate(() => undefined)) === 'Immediate';

function classOf(value: unknown): string | undefined {
  return typeof value === 'object' ? value?.constructor.name : undefined;
}
