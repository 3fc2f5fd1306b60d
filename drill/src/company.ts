import { createDrillClock, type DrillClock } from './drill-clock.js';
import { CALLER, trusted } from './parties.js';
import { type Caller, type CallerSettings } from './programs/caller.js';
import { type Receiver, type ReceiverSettings } from './programs/receiver.js';
import { startProgram, type Program } from './programs/start-program.js';

/** The processes of a scene, which end with it. */
export interface Company {
  start<Commands>(program: string, settings: unknown): Promise<Program<Commands>>;
}

/** Plays a scene with processes of its own, and ends all of them, whatever becomes of it. */
export async function withCompany<Result>(play: (company: Company) => Promise<Result>): Promise<Result> {
  const programs: Program<unknown>[] = [];
  try {
    return await play({
      async start<Commands>(file: string, settings: unknown): Promise<Program<Commands>> {
        const program = await startProgram<Commands>(file, settings);
        programs.push(program);
        return program;
      },
    });
  } finally {
    await Promise.all(programs.map((program) => program.stop()));
  }
}

/** What a pair of services is made with, where it differs from the usual. */
export interface PairSettings extends Omit<CallerSettings, 'service'>, Pick<ReceiverSettings, 'jwks'> {
  /** How many replicas the called service has. Default 1. */
  readonly replicas?: number;
}

/** A caller, and the replicas of the service that it calls. */
export interface Pair {
  readonly caller: Program<Caller>;
  readonly receivers: readonly Program<Receiver>[];
  /** Of the receivers. */
  readonly origins: readonly string[];
  /** The same time as theirs. */
  readonly clock: DrillClock;
  /** Lets seconds pass for all of them. */
  advance(seconds: number): Promise<void>;
}

/** Starts a caller, and replicas that trust it. */
export async function startPair(company: Company, settings: PairSettings): Promise<Pair> {
  const { jwks, replicas = 1, ...rest } = settings;
  const callerSettings: CallerSettings = { service: CALLER, ...rest };
  const caller = await company.start<Caller>('caller', callerSettings);
  const trust = [trusted(CALLER, await caller.ask('jwksUri'))];
  const receiverSettings: ReceiverSettings = {
    trust,
    clock: settings.clock,
    ...(jwks !== undefined && { jwks }),
  };
  const receivers = await Promise.all(
    Array.from({ length: replicas }, () => company.start<Receiver>('receiver', receiverSettings)),
  );
  const origins = await Promise.all(receivers.map((receiver) => receiver.ask('origin')));
  const clock = createDrillClock(settings.clock);
  return {
    caller,
    receivers,
    origins,
    clock,
    async advance(seconds) {
      clock.advance(seconds);
      await Promise.all([caller, ...receivers].map((program) => program.ask('advance', seconds)));
    },
  };
}
