import 'reflect-metadata';
import { type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import { readConfig } from '../config.js';
import { createExpressApp } from './create-express-app.js';

const config = readConfig();
const census = await createExpressApp(config);
const server: Server = census.app.listen(config.port, config.host, () => {
  const { port } = server.address() as AddressInfo;
  console.info(JSON.stringify({ message: `census listens on http://${config.host}:${String(port)}` }));
});

// Requests in progress finish; connections on which nothing is asked are closed at once.
const stop = () => {
  server.close(() => void census.close());
};
process.once('SIGTERM', stop);
process.once('SIGINT', stop);
