import { type Results } from './results.js';
import { judgePeers, judgePeersByCpu, judgeTargets } from './targets.js';

/** Four digits say more than the noise lets one know. */
const DIGITS = 4;

/** A run as JSON, with a line for each row, so that two files can be compared by eye. */
export function resultsFile(results: Results): string {
  const { measurements, ...rest } = results;
  const lists = {
    measurements: measurements.map(({ samples, ...row }) => ({
      ...row,
      samples: samples.map((sample) => Number(sample.toPrecision(DIGITS))),
    })),
    targets: judgeTargets(measurements),
    peers: judgePeers(measurements),
    peersByCpu: judgePeersByCpu(measurements),
  };
  const members = [
    ...Object.entries(rest).map(([name, value]) => member(name, JSON.stringify(value))),
    ...Object.entries(lists).map(([name, rows]) =>
      member(name, `[\n${rows.map((row) => `    ${JSON.stringify(row)}`).join(',\n')}\n  ]`),
    ),
  ];
  return `{\n${members.join(',\n')}\n}\n`;
}

function member(name: string, json: string): string {
  return `  ${JSON.stringify(name)}: ${json}`;
}
