// Calls with axios. It is not imported here, but handed over: an application without it need not install it.
export { authorizedAxios } from './axios/authorized-axios.js';
export type { AuthorizedAxiosOptions } from './axios/authorized-axios.js';
