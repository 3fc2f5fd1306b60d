import { ServerResponse } from 'node:http';
import { Body, Controller, Get, Param, Patch, Post, Query, Res } from '@nestjs/common';
import { Authenticated, Policies, Roles, Scopes } from '@countersign/nestjs';
import { MayChangeUser, MaySeeUser } from './user.policies.js';
import { type UserPage, Users, type UserView } from './users.js';

// A service that speaks for itself has no record here, and the roles in its token are only its own word.
@Authenticated('user')
@Controller('user')
export class UserController {
  constructor(private readonly users: Users) {}

  @Get(':id')
  @Scopes('user:read')
  @Policies(MaySeeUser)
  async show(@Param('id') segment: string): Promise<UserView> {
    return this.users.show(segment);
  }

  @Get()
  @Scopes('user:read')
  @Roles('admin')
  async list(@Query() query: unknown): Promise<UserPage> {
    return this.users.list(query);
  }

  @Post()
  @Scopes('user:write')
  @Roles('admin')
  async add(@Body() body: unknown, @Res({ passthrough: true }) response: ServerResponse): Promise<UserView> {
    const user = await this.users.add(body);
    response.setHeader('Location', user.uri);
    return user;
  }

  @Patch(':id')
  @Scopes('user:write')
  @Policies(MayChangeUser)
  async change(@Param('id') segment: string, @Body() body: unknown): Promise<UserView> {
    return this.users.change(segment, body);
  }
}
