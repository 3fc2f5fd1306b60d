import { ConfigError } from '@countersign/service-kit';
import { readConfig } from './config.js';
import { startIdp } from './idp.js';
import { NOTICE } from './pages.js';

try {
  const config = readConfig();
  const say = (message: string) =>
    console.log(config.logFormat === 'json' ? JSON.stringify({ level: 'warn', message }) : message);
  const idp = await startIdp(config);
  say(`*** idp: ${NOTICE} ***`);
  say(`idp listens on ${idp.issuer}`);
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.once(signal, () => void idp.close().then(() => process.exit(0)));
} catch (error) {
  const reason =
    error instanceof ConfigError ? error.message : String(error instanceof Error ? error.stack : error);
  process.stderr.write(`idp: ${reason}\n`);
  process.exit(1);
}
