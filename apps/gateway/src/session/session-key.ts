import { createSecretKey, type KeyObject, randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { ConfigError, errorCode } from '@countersign/service-kit';
import type { SessionConfig } from '../config.js';

const KEY_BYTES = 32;

/**
 * The key that cookies are encrypted with: the given one, or one that is kept in a file which only its owner can read.
 * @throws ConfigError when the file holds something else.
 */
export function openSessionKey({ key, keyFile }: Pick<SessionConfig, 'key' | 'keyFile'>): KeyObject {
  const octets = Buffer.from(key ?? readOrMake(keyFile), 'base64url');
  if (octets.length !== KEY_BYTES)
    throw new ConfigError(`SESSION_KEY: ${keyFile} must hold 32 bytes in base64url`);
  return createSecretKey(octets);
}

function readOrMake(file: string): string {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  try {
    // Fails where the file is there already, so two processes that start together have one key.
    writeFileSync(file, randomBytes(KEY_BYTES).toString('base64url'), { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
  }
  return readFileSync(file, 'utf8').trim();
}
