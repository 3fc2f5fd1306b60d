/** The faults that our guards refused requests with: their handlers did not run. */
const raised = new WeakSet();

/** Notes that a request is being refused with this fault, before its handler runs. */
export function noteRaised(fault: unknown): void {
  if (fault instanceof Error) raised.add(fault);
}

/** Whether our guards refused a request with this very fault. */
export function isRaisedByGuards(fault: Error): boolean {
  return raised.has(fault);
}
