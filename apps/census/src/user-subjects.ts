import { Inject, Injectable } from '@nestjs/common';
import type { Principal } from '@countersign/core';
import type { ResolvedSubject, SubjectResolver } from '@countersign/nestjs';
import { SERVICE_URL } from './service-url.js';
import { UserStore } from './user-store.js';
import { parseUserUri } from './user-uri.js';

/** Finds the user behind a call in census's own records, so that a role is what census says, not the token. */
@Injectable()
export class UserSubjects implements SubjectResolver {
  constructor(
    private readonly store: UserStore,
    @Inject(SERVICE_URL) private readonly serviceUrl: string,
  ) {}

  async resolve(principal: Principal): Promise<ResolvedSubject | undefined> {
    const id = parseUserUri(this.serviceUrl, principal.subject ?? '');
    const user = id === undefined ? undefined : await this.store.find(id);
    return user === undefined ? undefined : { user, roles: [user.role] };
  }
}
