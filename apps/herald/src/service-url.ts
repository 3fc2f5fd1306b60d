/** Injects herald's own address, the root of every notification's URI. */
export const SERVICE_URL = Symbol('SERVICE_URL');
