/** A process of its own for one row of the micro or scale benchmark: its heap and its compiled code are its own. */
import { rowNamed } from './rows.js';
import { type RowSettings } from './row.js';

export interface RowTask {
  readonly row: string;
  readonly settings: RowSettings;
}

process.once('disconnect', () => process.exit());
const { row, settings } = JSON.parse(process.argv[2] ?? '') as RowTask;
const measurements = await rowNamed(row).measure(settings);
process.send?.(measurements, () => process.exit());
