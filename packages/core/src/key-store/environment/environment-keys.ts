import { invalidOption } from '../../options.js';
import { keysInText, type StatedKey } from './key-text.js';

/** Names of 60 characters at most: what is longer is rather a key, handed over in place of the name of its variable. */
const NAME = /^[A-Za-z_][A-Za-z0-9_]{0,59}$/;

/**
 * Reads the private keys that an environment variable holds. Does not check that they can sign: `readSigningKey` does.
 * @param name the name of the variable. One that cannot be a name is not repeated: it may be the key itself.
 * @throws TypeError `config_invalid` naming the variable, and nothing of what it holds.
 */
export function keysInEnvironment(name: unknown, path: string): readonly StatedKey[] {
  if (typeof name !== 'string' || !NAME.test(name))
    throw invalidOption(
      path,
      'must be the name of an environment variable, such as "PRIVATE_KEYS"; not its value',
    );
  const variable = `${path}: ${name}`;
  // The application named this one variable. It is the only one that is read.
  // eslint-disable-next-line no-restricted-syntax
  const value = process.env[name];
  if (value === undefined) throw invalidOption(variable, 'is not set');
  return keysInText(value, variable);
}
