/** A fault has it that our guards refused a request with. On the fault itself: a weak set keeps the collector busy in a flood. */
const RAISED = Symbol('countersign:raised');

/** Notes that a request is being refused with this fault, before its handler runs. */
export function noteRaised(fault: unknown): void {
  if (fault instanceof Error) Reflect.defineProperty(fault, RAISED, { value: true });
}

/** Whether our guards refused a request with this very fault. */
export function isRaisedByGuards(fault: Error): boolean {
  return RAISED in fault;
}
