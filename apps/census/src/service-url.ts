/** Injects census's own address, the root of every user's URI. */
export const SERVICE_URL = Symbol('SERVICE_URL');
