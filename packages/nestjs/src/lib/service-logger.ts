import { Logger } from '@nestjs/common';
import { type ServiceLogger } from '@countersign/core/http';

/** Nest's logger, under the name by which operators know this module, as core writes to it. */
export function serviceLogger(): ServiceLogger {
  const logger = new Logger('Countersign');
  return {
    info: (message) => logger.log(message),
    warn: (message) => logger.warn(message),
    error: (message) => logger.error(message),
  };
}
