import { resultsFile } from '../src/results/results-file.js';
import { runWith } from './run.js';

describe('the file of a run', () => {
  const file = resultsFile(
    runWith({ 'micro/recall/countersign': [1.23456789, 1000], 'micro/other/raw': [2] }),
  );

  it('is JSON with the machine, every sample and the targets', () => {
    expect(JSON.parse(file)).toMatchObject({
      machine: { node: '20.20.2' },
      measurements: [
        { row: 'micro/recall/countersign', unit: 'requests/s', samples: [1.235, 1000] },
        { row: 'micro/other/raw' },
      ],
      targets: [{ target: 'recall', isReached: false }],
    });
  });

  it('has a line for each row', () => {
    expect(file.split('\n').filter((line) => line.includes('"row"'))).toHaveLength(2);
  });
});
