/**
 * Reads options that people write: names what is wrong by its path, and refuses members that it does not know,
 * so that a misspelt option cannot switch a check off.
 */

/** Creates the error for an option that is not valid. `path` names the option as the user wrote it, such as `trust[0].keys`. */
export function invalidOption(
  path: string,
  problem: string,
): TypeError & { readonly code: 'config_invalid' } {
  return Object.assign(new TypeError(`${path} ${problem}`), { code: 'config_invalid' as const });
}

/** Reads the members of an object of options by name, and refuses members that are not known. */
export class OptionsReader {
  readonly path: string;
  readonly #members: ReadonlyMap<string, unknown>;

  /**
   * @param path The path of the object in the options; empty for the options themselves.
   * @throws TypeError if `value` is not an object or has a member that is not in `known`.
   */
  constructor(value: unknown, path: string, known: readonly string[]) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw invalidOption(path === '' ? 'options' : path, 'must be an object');
    }
    this.path = path;
    this.#members = new Map(Object.entries(value).filter(([, member]) => member !== undefined));
    for (const name of this.#members.keys()) {
      if (!known.includes(name)) {
        throw invalidOption(
          this.at(printable(name)),
          `is not an option; the options are ${known.join(', ')}`,
        );
      }
    }
  }

  at(name: string): string {
    return this.path === '' ? name : `${this.path}.${name}`;
  }

  has(name: string): boolean {
    return this.#members.has(name);
  }

  raw(name: string): unknown {
    return this.#members.get(name);
  }

  /** Only what is left out has a default: `null` is a value like any other, and the wrong one. */
  #given(name: string, fallback: unknown): unknown {
    return this.has(name) ? this.raw(name) : fallback;
  }

  string(name: string): string {
    const value = this.raw(name);
    if (typeof value !== 'string' || value === '')
      throw invalidOption(this.at(name), 'must be a non-empty string');
    return value;
  }

  boolean(name: string, fallback: boolean): boolean {
    const value = this.#given(name, fallback);
    if (typeof value !== 'boolean') throw invalidOption(this.at(name), 'must be true or false');
    return value;
  }

  number(
    name: string,
    range: { readonly fallback: number; readonly min: number; readonly max: number },
  ): number {
    const value = this.#given(name, range.fallback);
    if (typeof value !== 'number' || !(value >= range.min && value <= range.max)) {
      throw invalidOption(
        this.at(name),
        `must be a number from ${String(range.min)} to ${String(range.max)}`,
      );
    }
    return value;
  }

  oneOf<const Choice extends string>(name: string, choices: readonly Choice[], fallback?: Choice): Choice {
    const value = this.#given(name, fallback);
    const choice = choices.find((candidate) => candidate === value);
    if (choice === undefined) throw invalidOption(this.at(name), `must be one of ${choices.join(', ')}`);
    return choice;
  }

  /** A copy that cannot be changed: what was read is handed out. */
  strings(name: string, fallback?: readonly string[]): readonly string[] {
    const value = this.#given(name, fallback);
    if (!Array.isArray(value) || !value.every((item) => typeof item === 'string' && item !== '')) {
      throw invalidOption(this.at(name), 'must be an array of non-empty strings');
    }
    return Object.freeze(value.map(String));
  }
}

/** The members of `Given` that `Known` does not have, as members that cannot be: a misspelt one does not compile. */
export type NoOthers<Known, Given> = {
  readonly [Name in Exclude<MemberOf<Given>, MemberOf<Known>>]: never;
};

/** The names of the members of each of the types. */
type MemberOf<Types> = Types extends unknown ? keyof Types : never;

/** The syntax of a scope (RFC 6749 section 3.3), without the characters that RFC 6750 forbids in a challenge. */
const SCOPE = /^[\x21\x23-\x5B\x5D-\x7E]+$/;

/** Whether a text is one scope, by its characters only. */
export function isScope(text: string): boolean {
  return SCOPE.test(text);
}

/** Reads a list of scopes, each one word; none by default. */
export function readScopes(record: OptionsReader, name: string): readonly string[] {
  const scopes = record.strings(name, []);
  scopes.forEach((scope, index) => {
    if (!isScope(scope)) throw invalidOption(`${record.at(name)}[${String(index)}]`, 'is not one scope');
  });
  return scopes;
}

const LOOPBACK_HOSTS: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);

/**
 * Reads an absolute `https:` URI; `http:` only for loopback, unless the caller says otherwise.
 * @throws TypeError when it is something else or carries credentials or a fragment.
 */
export function readHttpsUri(value: unknown, path: string, allowInsecureHttp = false): URL {
  const url = typeof value === 'string' && URL.canParse(value) ? new URL(value) : undefined;
  if (url === undefined) throw invalidOption(path, 'must be an absolute https URI');
  if (url.username !== '' || url.password !== '') throw invalidOption(path, 'must not hold credentials');
  if (url.hash !== '') throw invalidOption(path, 'must not hold a fragment');
  const mayBePlain = allowInsecureHttp || LOOPBACK_HOSTS.has(url.hostname);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && mayBePlain)) {
    throw invalidOption(path, 'must be https (http is for loopback only)');
  }
  return url;
}

/** A name from outside, cut and quoted so that it can stand in a message. */
export function printable(name: string, maxLength = 60): string {
  return JSON.stringify(name.slice(0, maxLength)).slice(1, -1);
}
