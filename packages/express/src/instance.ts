import { type Service } from '@countersign/core/adapter';

/** What the parts of this package know of one `createCountersign()`. */
export interface Instance {
  readonly service: Service;
}
