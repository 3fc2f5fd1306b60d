import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { judge, type Row } from './judge.js';
import { type Form, type Scene } from './scene.js';

/** Plays one scene on a folder of its own. A scene that breaks is a row that does not hold. */
export async function play(
  scene: Scene,
  form: Form,
  onProblem: (error: unknown) => void = console.error,
): Promise<readonly Row[]> {
  const folder = await mkdtemp(join(tmpdir(), 'countersign-drill-'));
  try {
    return judge(scene.name, await scene.play({ form, folder: join(folder, 'keys') }));
  } catch (error) {
    onProblem(error);
    return judge(scene.name, [{ figure: 'scenes played to the end', measured: 0, wanted: { exactly: 1 } }]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
