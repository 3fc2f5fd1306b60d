export { AuthorizedHttpModule } from './outbound/authorized-http.module.js';
export type { AuthorizedAxiosOptions } from '@countersign/core/axios';
