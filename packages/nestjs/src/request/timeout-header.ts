/** How many milliseconds the caller of a request waits for its answer. */
export const TIMEOUT_HEADER = 'Countersign-Timeout-Ms';
