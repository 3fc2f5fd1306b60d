// A process that takes the lock on a directory when it is told to, and says whether it got it.
import { mkdirSync, rmdirSync } from 'node:fs';
import { lockDirectory } from '../../dist/directory-lock.js';

function take(directory) {
  try {
    return lockDirectory(directory);
  } catch (error) {
    if (error.name !== 'ConfigError') throw error;
    return undefined;
  }
}

let held;

const ORDERS = {
  // Processes that begin at the same moment: all look at the clock until it is time.
  take({ directory, at }) {
    while (Date.now() < at);
    held = take(directory);
    return held !== undefined;
  },
  release() {
    held?.release();
    held = undefined;
    return true;
  },
  // How often another one was inside.
  comeAndGo({ directory, times }) {
    let meetings = 0;
    for (let n = 0; n < times; n += 1) {
      const lock = take(directory);
      if (lock === undefined) continue;
      try {
        mkdirSync(`${directory}.inside`);
        rmdirSync(`${directory}.inside`);
      } catch {
        meetings += 1;
      }
      lock.release();
    }
    return meetings;
  },
};

process.on('message', ({ order, ...options }) => process.send(ORDERS[order](options)));
process.send('ready');
