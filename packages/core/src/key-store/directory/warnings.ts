/** Tells of a problem when it comes up, and not again before it has been away. */
export class Warnings {
  readonly #onWarning: (message: string) => void;
  readonly #told = new Map<string, ReadonlySet<string>>();

  constructor(onWarning: (message: string) => void) {
    this.#onWarning = onWarning;
  }

  /** @param messages all that is wrong with the topic now. */
  tell(topic: string, messages: readonly string[]): void {
    const before = this.#told.get(topic);
    this.#told.set(topic, new Set(messages));
    for (const message of messages) if (before?.has(message) !== true) this.#say(message);
  }

  /** All that is wrong now. */
  now(): readonly string[] {
    return [...this.#told.values()].flatMap((messages) => [...messages]);
  }

  /** Keys must be followed whatever somebody does with the words: what that throws is dropped. */
  #say(message: string): void {
    try {
      this.#onWarning(message);
    } catch {
      // Nobody could be told of this either.
    }
  }
}
