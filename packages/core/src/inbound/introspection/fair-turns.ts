import { clearTimeout, setTimeout } from '../../lib/timers.js';

export interface FairTurnsOptions {
  /** So many have their turn at once. */
  readonly atOnce: number;
  /** So many wait at most. */
  readonly mostWaiting: number;
  /** Nobody waits longer. */
  readonly waitMs: number;
}

/** Told whether it may go ahead. */
type Waiter = (mayGo: boolean) => void;

/**
 * Lets a number of them go ahead at once. While others wait, turns go round by name: each name has one, and then each
 * another one, however many wait under it. A name may have as many waiting as there are places left to wait.
 */
export class FairTurns {
  readonly #options: FairTurnsOptions;
  /** By name, the one whose turn is next first. None is empty. */
  readonly #lines = new Map<string, Waiter[]>();
  #underWay = 0;
  #waiting = 0;

  constructor(options: FairTurnsOptions) {
    this.#options = options;
  }

  /**
   * Waits for a turn; whoever got one must end it.
   * @returns whether there is one: not when too many wait, or for too long. At once where nobody has to wait.
   */
  take(name: string): boolean | Promise<boolean> {
    const { atOnce, mostWaiting, waitMs } = this.#options;
    if (this.#underWay < atOnce) {
      this.#underWay++;
      return true;
    }
    const line = this.#lines.get(name) ?? [];
    if (line.length >= mostWaiting - this.#waiting) return false;
    return new Promise((resolve) => {
      const waiter: Waiter = (mayGo) => {
        clearTimeout(timer);
        resolve(mayGo);
      };
      const timer = setTimeout(() => this.#giveUp(name, waiter), waitMs);
      this.#lines.set(name, line);
      line.push(waiter);
      this.#waiting++;
    });
  }

  /** Ends a turn: whoever is next has it. */
  end(): void {
    const [next] = this.#lines;
    if (next === undefined) {
      this.#underWay--;
      return;
    }
    const [name, line] = next;
    const waiter = line.shift();
    this.#lines.delete(name);
    // Behind all others.
    if (line.length > 0) this.#lines.set(name, line);
    this.#waiting--;
    waiter?.(true);
  }

  #giveUp(name: string, waiter: Waiter): void {
    const others = this.#lines.get(name)?.filter((each) => each !== waiter) ?? [];
    if (others.length > 0) this.#lines.set(name, others);
    else this.#lines.delete(name);
    this.#waiting--;
    waiter(false);
  }
}
