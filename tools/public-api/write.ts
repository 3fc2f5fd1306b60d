/** `npm run public-api`: the exports of a package change on purpose, in a commit that shows it. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '../repository.js';
import { readPublicApis } from './public-api.js';

for (const { path, text } of readPublicApis()) {
  writeFileSync(join(repositoryRoot, path), text);
  console.log(`${path}: ${String(text.split('\n').length - 1)} exports`);
}
