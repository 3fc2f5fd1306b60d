import { type DynamicModule, type INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { TestIssuer } from '@countersign/testing';
import { freePort } from '../application/free-port.js';
import { countersign, everyHandler, grpc, originOf, rootOf, tcp } from '../application/put-together.js';
import { takeReached, type Variant } from '../application/reached.js';
import { type Report, type Scenarios } from '../report.js';
import { type Knock } from '../strangers/knock.js';
import { knockOverGrpc } from '../strangers/over-grpc.js';
import { knockOverHttp } from '../strangers/over-http.js';
import { knockOverMessages } from '../strangers/over-messages.js';

const VARIANTS: readonly Variant[] = ['method', 'class', 'none', 'public'];

interface Started {
  readonly application: INestApplication;
  knock(): Promise<readonly Knock[]>;
}

export const TWO_APPLICATIONS: Scenarios = {
  'an application, in a process where another one without Countersign has the same classes': async () => {
    const [guarded] = await besideEachOther();
    return guarded;
  },
  'an application without Countersign, in a process where another one has it': async () => {
    const [, other] = await besideEachOther();
    return { ...other, open: ['none'], says: ['config_invalid', 'Internal server error'] };
  },
};

async function besideEachOther(): Promise<readonly [Report, Report]> {
  const herald = await TestIssuer.start({ issuer: 'https://herald.service/' });
  const { controllers } = everyHandler(VARIANTS, await freePort());
  const guarded = await start({
    imports: [countersign(herald, { undecorated: 'authenticated' })],
    controllers,
  });
  const other = await start({ controllers });
  try {
    takeReached();
    const first = { knocks: await guarded.knock(), reached: takeReached() };
    return [first, { knocks: await other.knock(), reached: takeReached() }];
  } finally {
    await Promise.all([guarded.application.close(), other.application.close(), herald.close()]);
  }
}

async function start(parts: Omit<DynamicModule, 'module'>): Promise<Started> {
  const ports = { tcp: await freePort(), grpc: await freePort() };
  const application = await NestFactory.create(rootOf(parts), new ExpressAdapter(), {
    logger: false,
    abortOnError: false,
  });
  application.connectMicroservice(tcp(ports.tcp));
  application.connectMicroservice(grpc(ports.grpc));
  await application.startAllMicroservices();
  await application.listen(0, '127.0.0.1');
  return {
    application,
    async knock() {
      const knocks = await Promise.all([
        knockOverHttp(originOf(application), VARIANTS),
        knockOverMessages(ports.tcp, VARIANTS),
        knockOverGrpc(ports.grpc, VARIANTS, false),
      ]);
      return knocks.flat();
    },
  };
}
