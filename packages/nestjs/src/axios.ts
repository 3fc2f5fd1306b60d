export { AuthorizedHttpModule } from './outbound/authorized-http.module.js';
export type { AuthorizedAxiosOptions } from './outbound/authorized-axios.js';
