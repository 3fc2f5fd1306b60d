import { type ExecutionContext } from '@nestjs/common';
import { type Principal } from '@countersign/core';
import { principalOf } from '@countersign/core/http';
import { isHttp, requestOf } from './handled-request.js';

/** Who was let in to the handler of this context. */
export function currentPrincipal(context: ExecutionContext): Principal | undefined {
  return isHttp(context) ? principalOf(requestOf(context)) : undefined;
}
