import {
  commonVariables,
  type Environment,
  readEnvironment,
  type ServiceConfig,
  toServiceConfig,
} from '@countersign/service-kit';

const variables = commonVariables('census', { port: 4001, serviceUrl: 'https://census.service/' });

/** Reads what census is started with; nothing else in census looks at the environment. */
export function readConfig(environment: Environment = process.env): ServiceConfig {
  return toServiceConfig(readEnvironment(variables, environment), {
    trust: new URL('../trust.json', import.meta.url),
  });
}
