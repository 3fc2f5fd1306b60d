import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { type Authentication, type Principal } from '../../../src/principal.js';
import { keepUserInState, principalOf } from '../../../src/http/request/request-state.js';
import { RequestScope } from '../../../src/http/request/request-scope.js';
import { RequestStates, type RequestStatesOptions } from '../../../src/http/request/request-states.js';

const verifier = { hashesMd5: false };

/** A request without a body, and the response to it. */
function exchange(): { readonly request: IncomingMessage; readonly response: ServerResponse } {
  const request = new IncomingMessage(new Socket());
  return { request, response: new ServerResponse(request) };
}

function entered(options: Partial<RequestStatesOptions> = {}) {
  const states = new RequestStates({ verifier, ...options });
  const { request, response } = exchange();
  states.enter(request, response, () => undefined);
  return { states, request, response };
}

const principal = { subject: 'https://census.service/user/42/' } as Principal;

describe('The state of a request', () => {
  it('is made once, and found by its request', () => {
    const { states, request, response } = entered();
    const state = states.required(request);
    states.enter(request, response, () => undefined);
    expect(states.required(request)).toBe(state);
  });

  it('is found by the wrapper that a framework puts around the request', () => {
    const { states, request } = entered();
    expect(states.of({ raw: request })).toBe(states.of(request));
  });

  it('is missed with raw_body_unavailable where the request did not enter', () => {
    const states = new RequestStates({ verifier });
    expect(() => states.required(exchange().request)).toThrow(
      expect.objectContaining({ code: 'raw_body_unavailable' }),
    );
  });

  it('is one for each application where one is mounted in another, and each finds its own', () => {
    const { states: outer, request, response } = entered();
    const inner = new RequestStates({ verifier });
    inner.enter(request, response, () => undefined);
    expect(inner.required(request)).not.toBe(outer.required(request));
    expect(inner.required(request).outer).toBe(outer.required(request));
  });

  it('says who was let in by the innermost application that let somebody in', () => {
    const { states: outer, request, response } = entered();
    outer.required(request).principal = principal;
    new RequestStates({ verifier }).enter(request, response, () => undefined);
    expect(principalOf(request)).toBe(principal);
  });

  it('leaves nothing on the request itself', () => {
    const before = Object.keys(exchange().request);
    expect(Object.keys(entered().request)).toEqual(before);
  });
});

describe('The scope of a request', () => {
  it('is there while the request is answered, and not afterwards', () => {
    const states = new RequestStates({ verifier });
    const { request, response } = exchange();
    states.enter(request, response, () => expect(states.current()).toBe(states.required(request)));
    expect(states.current()).toBeUndefined();
  });

  it('shows a principal only once the request is authenticated', () => {
    const states = new RequestStates({ verifier });
    const scope = new RequestScope(states);
    const { request, response } = exchange();
    states.enter(request, response, () => {
      expect(scope.principal).toBeUndefined();
      states.required(request).authentication = { principal } as Authentication;
      expect(scope.principal).toBe(principal);
    });
  });

  it('is not opened once scopes are closed, and reading it is config_invalid, not "nobody"', () => {
    const states = new RequestStates({ verifier });
    states.closeScopes();
    const { request, response } = exchange();
    states.enter(request, response, () =>
      expect(() => new RequestScope(states).principal).toThrow(
        expect.objectContaining({ code: 'config_invalid' }),
      ),
    );
    expect(states.of(request)).toBeDefined();
  });

  it('stays open with requestScope "always"', () => {
    const states = new RequestStates({ verifier, requestScope: 'always' });
    states.closeScopes();
    expect(states.isAlwaysOpen).toBe(true);
    const { request, response } = exchange();
    states.enter(request, response, () => expect(states.current()).toBeDefined());
  });
});

describe('The user of a request of Express', () => {
  /** As Express gives each request the prototype of its application. */
  function expressRequest() {
    const prototype = Object.create(IncomingMessage.prototype) as object;
    keepUserInState(prototype);
    const { request, response } = exchange();
    Object.setPrototypeOf(request, prototype);
    return { request: request as IncomingMessage & { user?: unknown }, response };
  }

  it('is kept in the state, and is no member of the request', () => {
    const { request, response } = expressRequest();
    const states = new RequestStates({ verifier });
    states.enter(request, response, () => undefined);
    request.user = principal;
    expect(request.user).toBe(principal);
    expect(states.required(request).user).toBe(principal);
    expect(Object.hasOwn(request, 'user')).toBe(false);
  });

  it('is a member where it was set before the request had a state, and stays one', () => {
    const { request, response } = expressRequest();
    request.user = 'from a session';
    new RequestStates({ verifier }).enter(request, response, () => undefined);
    expect(request.user).toBe('from a session');
    request.user = principal;
    expect(request.user).toBe(principal);
    expect(Object.hasOwn(request, 'user')).toBe(true);
  });

  it('of an outer application is seen in the one that is mounted in it', () => {
    const { request, response } = expressRequest();
    new RequestStates({ verifier }).enter(request, response, () => undefined);
    request.user = principal;
    new RequestStates({ verifier }).enter(request, response, () => undefined);
    expect(request.user).toBe(principal);
  });

  it('is left alone where somebody has defined it already', () => {
    const requests = { user: 'theirs' };
    keepUserInState(requests);
    expect(Object.getOwnPropertyDescriptor(requests, 'user')).toMatchObject({ value: 'theirs' });
  });
});
