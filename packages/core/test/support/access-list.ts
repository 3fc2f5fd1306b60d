import { execFile } from 'node:child_process';
import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';

/**
 * Puts a copy with an access list in the place of a file, by GNU tar: Node cannot set one, and Debian has no `setfacl` unless
 * it is asked for. Only a file system that knows such lists keeps it.
 * @param list as `getfacl` prints it, its lines joined by commas.
 * @returns whether the mode of the file now shows rights of the list in the place of its group's.
 */
export async function setAccessList(path: string, list: string): Promise<boolean> {
  const content = await readFile(path);
  const attributes = Buffer.from(extendedHeader('SCHILY.acl.access', list));
  const archive = join(dirname(path), 'copy.tar');
  await rm(path);
  await writeFile(
    archive,
    Buffer.concat([
      header('attributes', attributes.length, 'x'),
      padded(attributes),
      header(basename(path), content.length, '0'),
      padded(content),
      Buffer.alloc(1024),
    ]),
  );
  await promisify(execFile)('tar', ['--acls', '-xf', archive, '-C', dirname(path)]);
  await rm(archive);
  return ((await stat(path)).mode & 0o070) !== 0;
}

/** One record of a pax header: its own length, a name and a value. */
function extendedHeader(name: string, value: string): string {
  const rest = ` ${name}=${value}\n`;
  const length = rest.length + String(rest.length + 3).length;
  return `${String(length)}${rest}`;
}

function header(name: string, size: number, type: string): Buffer {
  const block = Buffer.alloc(512);
  const octal = (value: number, offset: number, length: number) =>
    block.write(value.toString(8).padStart(length - 1, '0'), offset);
  block.write(name);
  octal(0o600, 100, 8);
  octal(process.getuid?.() ?? 0, 108, 8);
  octal(process.getgid?.() ?? 0, 116, 8);
  octal(size, 124, 12);
  octal(0, 136, 12);
  block.write(' '.repeat(8), 148);
  block.write(type, 156);
  block.write('ustar\u000000', 257);
  octal(
    block.reduce((sum, octet) => sum + octet, 0),
    148,
    8,
  );
  return block;
}

function padded(content: Buffer): Buffer {
  return Buffer.concat([content, Buffer.alloc((512 - (content.length % 512)) % 512)]);
}
