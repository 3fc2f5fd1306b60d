import { isAscii, isUtf8 } from 'node:buffer';

const MAY_BE_OBJECT = /^[ \t\r\n]*\{/;

/** No claim set nests deeper than this; the chain of actors, the deepest of all, is refused long before. */
const MAX_DEPTH = 16;

/**
 * Parses one JSON object as RFC 7515 section 10.12 asks: strict UTF-8, nothing behind the value, no member twice.
 * Stricter than that in one thing: the name of a member must be written without escapes. After it has seen other escaped
 * names, JSON.parse of Node 24 (V8 13.6) reads `{"\u0061":0,"\u0062":1}` as `{"a":0,"\\":1}`: one claim for another.
 * Checks nothing about the members. `__proto__` stays an ordinary member.
 * @returns undefined when it is anything else, or nests deeper than 16.
 */
export function parseJsonObject(octets: Buffer): Readonly<Record<string, unknown>> | undefined {
  const isPlain = isAscii(octets);
  if (!isPlain && !isUtf8(octets)) return undefined;
  const text = octets.toString(isPlain ? 'latin1' : 'utf8');
  // Most of what is no object is seen here, at a fraction of what an error of the parser costs.
  if (!MAY_BE_OBJECT.test(text)) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isObject(value)) return undefined;
  const written = countMembers(text);
  // JSON.parse keeps the last of two members with one name, so a text with more members than its value repeats one.
  return written !== undefined && written === countMembersOf(value) ? value : undefined;
}

/** How many members the (valid) text writes; undefined when it nests too deep or escapes the name of one. */
function countMembers(text: string): number | undefined {
  const hasEscapes = text.includes('\\');
  let members = 0;
  let depth = 0;
  let start = 0;
  let end = 0;
  for (let index = 0; index < text.length; index++) {
    switch (text.charCodeAt(index)) {
      case 0x22: // a string: go to its end
        start = index;
        end = index = endOfString(text, index);
        break;
      case 0x3a: // a colon outside a string belongs to exactly one member, and the string before it is the name
        if (hasEscapes && text.slice(start, end).includes('\\')) return undefined;
        members++;
        break;
      case 0x7b:
      case 0x5b:
        if (++depth > MAX_DEPTH) return undefined;
        break;
      case 0x7d:
      case 0x5d:
        depth--;
        break;
      default:
    }
  }
  return members;
}

function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end;
}

/** A quotation mark belongs to its string when an odd number of backslashes stands before it. */
function isEscaped(text: string, quotationMark: number): boolean {
  let start = quotationMark;
  while (text.charCodeAt(start - 1) === 0x5c) start--;
  return (quotationMark - start) % 2 === 1;
}

/**
 * Called only for values whose text is known to nest no deeper than MAX_DEPTH. By `for in`, which makes no list of them:
 * where somebody gave all objects another member, it counts too, and no token can be read.
 */
function countMembersOf(value: Nested): number {
  let members = 0;
  if (Array.isArray(value)) {
    for (const child of value) if (isNested(child)) members += countMembersOf(child);
    return members;
  }
  for (const name in value) {
    members++;
    const child = value[name];
    if (isNested(child)) members += countMembersOf(child);
  }
  return members;
}

type Nested = Readonly<Record<string, unknown>>;

/** An object or a list. */
function isNested(value: unknown): value is Nested {
  return typeof value === 'object' && value !== null;
}

function isObject(value: unknown): value is Nested {
  return isNested(value) && !Array.isArray(value);
}
