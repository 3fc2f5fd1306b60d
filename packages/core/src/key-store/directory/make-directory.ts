import { mkdir } from 'node:fs/promises';
import { systemFault } from './file-errors.js';

/** Makes a directory that this user alone may use, unless it exists. @throws TypeError `config_invalid` */
export async function makeDirectory(directory: string): Promise<void> {
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw systemFault(error, directory, 'cannot be made');
  }
}
