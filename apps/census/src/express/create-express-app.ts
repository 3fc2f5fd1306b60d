import express, { type ErrorRequestHandler, type Express } from 'express';
import { createCountersign, open, type ServiceOptions } from '@countersign/express';
import { notFound, openDatabase, problemAnswer, type ServiceConfig } from '@countersign/service-kit';
import { MIGRATIONS } from '../migrations.js';
import { UserStore } from '../user-store.js';
import { UserSubjects } from '../user-subjects.js';
import { Users } from '../users.js';
import { userRoutes } from './user-routes.js';

/** Makes census as an Express application. The database is open; the server does not listen yet. */
export interface ExpressCensus {
  readonly app: Express;
  /** Closes the keys and the database. Close the server first. */
  close(): Promise<void>;
}

type Logger = NonNullable<ServiceOptions['logger']>;

/** Makes census in Express: the same records, rules and answers as in Nest. */
export async function createExpressApp(
  config: ServiceConfig,
  logger: Logger = console,
): Promise<ExpressCensus> {
  const { serviceUrl, trust, destinations, keys } = config;
  const database = await openDatabase(config.database, MIGRATIONS);
  const store = new UserStore(database);
  const countersign = await createCountersign({
    service: serviceUrl,
    trust,
    destinations,
    keys,
    subjects: new UserSubjects(store, serviceUrl),
    logger,
  });

  const app = express();
  app.disable('x-powered-by');
  app.use(countersign);
  app.use('/user', userRoutes(new Users(store, serviceUrl), serviceUrl));
  app.get('/health', open(), async (_request, response) => {
    await database.ping();
    response.json({ status: 'ok' });
  });
  app.use((_request, _response, next) => {
    next(notFound());
  });
  app.use(countersign.faults());
  app.use(answerProblem(logger));

  return {
    app,
    async close() {
      await countersign.close();
      await database.close();
    },
  };
}

/** Answers what is not an authentication fault as `application/problem+json` (RFC 9457). */
function answerProblem(logger: Logger): ErrorRequestHandler {
  return (error, _request, response, next) => {
    const { document, headers, logged } = problemAnswer(error);
    if (logged !== undefined) logger.error(logged);
    if (response.headersSent) {
      next(error);
      return;
    }
    response.status(document.status).set(headers).send(JSON.stringify(document));
  };
}
