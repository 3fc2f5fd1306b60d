import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { type SubjectResolver } from '@countersign/core/http';
import { type ResolvedOptions } from '../countersign.options.js';
import { COUNTERSIGN_OPTIONS } from '../countersign.tokens.js';
import { provided } from './route-rules.js';

/** What loads the application's own users, once Nest has made it. */
@Injectable()
export class ApplicationSubjects implements OnModuleInit {
  resolver: SubjectResolver | undefined;

  constructor(
    private readonly moduleRef: ModuleRef,
    @Inject(COUNTERSIGN_OPTIONS) private readonly options: ResolvedOptions,
  ) {}

  /** @throws CountersignError `config_invalid` when nobody provides the subject resolver. */
  onModuleInit(): void {
    const { subjects } = this.options;
    if (subjects !== undefined) this.resolver = provided(this.moduleRef, subjects, 'subjects is');
  }
}
