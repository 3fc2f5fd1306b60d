/** One question from the process that started this one. */
export interface Question {
  readonly id: number;
  readonly name: string;
  readonly question: readonly unknown[];
}

type Command = (...question: readonly never[]) => unknown;

/** Makes this process a program: it starts with the settings that it is sent, then answers one command after another. */
export function serveCommands(start: (settings: never) => Promise<object>): void {
  const commands = new Map<string, Command>();
  commands.set('start', async (settings) => {
    for (const [name, command] of Object.entries<Command>({ ...(await start(settings)) }))
      commands.set(name, command);
  });
  process.on('message', (message) => {
    // Both ends are of one build.
    const { id, name, question } = message as Question;
    void answer(commands.get(name), question).then(
      (result) => process.send?.({ id, answer: result }),
      (error: unknown) => process.send?.({ id, problem: error instanceof Error ? error.message : 'failed' }),
    );
  });
  process.on('disconnect', () => process.exit());
}

async function answer(command: Command | undefined, question: readonly unknown[]): Promise<unknown> {
  if (command === undefined) throw new TypeError('there is no such command');
  return command(...(question as readonly never[]));
}
