import { startApplication, type Application } from '../application.js';

/** Gives what starts applications, each of which is stopped after the test that started it. */
export function useStart(): typeof startApplication {
  const running: Application[] = [];
  afterEach(async () => {
    await Promise.all(running.splice(0).map((application) => application.close()));
  });
  return async (parts) => {
    const application = await startApplication(parts);
    running.push(application);
    return application;
  };
}
