import { json, Router } from 'express';
import { authenticated, policy, roles, scopes } from '@countersign/express';
import { mayChangeUser, maySeeUser } from '../user.policies.js';
import { type Users } from '../users.js';

/** The routes of `user.controller.ts`, in Express. */
export function userRoutes(users: Users, serviceUrl: string): Router {
  const maySee = policy((principal, { params }) =>
    maySeeUser(serviceUrl, principal, { params: { id: String(params['id']) } }),
  );
  const mayChange = policy((principal, { params }) =>
    mayChangeUser(serviceUrl, principal, { params: { id: String(params['id']) } }),
  );
  const router = Router();
  // A service that speaks for itself has no record here, and the roles in its token are only its own word.
  const user = authenticated('user');

  router.get('/:id', user, scopes('user:read'), maySee, async (request, response) => {
    response.json(await users.show(request.params.id));
  });
  router.get('/', user, scopes('user:read'), roles('admin'), async (request, response) => {
    response.json(await users.list(request.query));
  });
  router.post('/', user, scopes('user:write'), roles('admin'), json(), async (request, response) => {
    const added = await users.add(request.body);
    response.status(201).location(added.uri).json(added);
  });
  router.patch('/:id', user, scopes('user:write'), mayChange, json(), async (request, response) => {
    response.json(await users.change(request.params.id, request.body));
  });
  return router;
}
