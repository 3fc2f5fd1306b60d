import { inspect } from 'node:util';
import { readAuthorizationServer } from '../../src/oauth/authorization-server.js';

const PATH = 'destinations[2].authorizationServer';
const minimal = {
  issuer: 'https://idp.example',
  clientId: 'herald',
  clientAuthentication: 'private_key_jwt',
};
const withSecret = { ...minimal, clientAuthentication: 'client_secret_basic', clientSecret: 'open sesame' };

function read(
  changes: Readonly<Record<string, unknown>> = {},
  base: object = minimal,
  allowInsecureHttp = false,
) {
  return readAuthorizationServer({ ...base, ...changes }, PATH, allowInsecureHttp);
}

describe('an authorization server', () => {
  it('needs an issuer, a client and how that proves who it is; the rest has a default', () => {
    expect(read()).toEqual({
      issuer: 'https://idp.example',
      tokenEndpoint: undefined,
      clientId: 'herald',
      clientAuthentication: 'private_key_jwt',
      clientSecret: undefined,
      assertionAudience: 'issuer',
      targetParameter: 'resource',
      subjectTokenType: undefined,
      timeoutMs: 10_000,
      allowInsecureHttp: false,
    });
  });

  it.each([
    'https://idp.example',
    'https://idp.example/',
    'https://IDP.example/realms/a b/',
    'https://idp.example:443',
  ])('keeps its issuer as it is written: %s', (issuer) => {
    expect(read({ issuer }).issuer).toBe(issuer);
  });

  it.each(['http://localhost:4003', 'http://127.0.0.1:4003/', 'http://[::1]:4003'])(
    'may be on this machine by http: %s',
    (issuer) => {
      expect(read({ issuer, tokenEndpoint: `${issuer}/token` })).toMatchObject({
        issuer,
        tokenEndpoint: `${issuer}/token`,
      });
    },
  );

  it('may be elsewhere by http only by a switch that is named for the danger', () => {
    const issuer = 'http://idp:4003';
    expect(() => read({ issuer })).toThrow(`${PATH}.issuer must be https (http is for loopback only)`);
    expect(read({ issuer }, minimal, true)).toMatchObject({ issuer, allowInsecureHttp: true });
  });

  it.each(['client_secret_basic', 'client_secret_post'])('takes a secret for %s', (clientAuthentication) => {
    expect(read({ clientAuthentication }, withSecret).clientSecret?.()).toBe('open sesame');
  });

  it('does not show its secret when it is printed', () => {
    const server = read({}, withSecret);
    expect(inspect(server, { depth: Infinity, showHidden: true }) + JSON.stringify(server)).not.toMatch(
      /sesame/,
    );
  });

  it.each([
    [{ issuer: undefined }, 'issuer must be an absolute https URI'],
    [{ issuer: 'idp.example' }, 'issuer must be an absolute https URI'],
    [{ issuer: 7 }, 'issuer must be an absolute https URI'],
    [{ issuer: 'ftp://idp.example/' }, 'issuer must be https (http is for loopback only)'],
    [{ issuer: 'https://a:sesame@idp.example/' }, 'issuer must not hold credentials'],
    [{ issuer: 'https://idp.example/#x' }, 'issuer must not hold a fragment'],
    [{ tokenEndpoint: '/token' }, 'tokenEndpoint must be an absolute https URI'],
    [
      { tokenEndpoint: 'http://idp.example/token' },
      'tokenEndpoint must be https (http is for loopback only)',
    ],
    [{ tokenEndpoint: '' }, 'tokenEndpoint must be an absolute https URI'],
    [{ clientId: undefined }, 'clientId must be a non-empty string'],
    [{ clientId: '' }, 'clientId must be a non-empty string'],
    [{ clientId: 'hérald' }, 'clientId must be printable ASCII'],
    [
      { clientAuthentication: undefined },
      'clientAuthentication must be one of client_secret_basic, client_secret_post, private_key_jwt',
    ],
    [
      { clientAuthentication: 'none' },
      'clientAuthentication must be one of client_secret_basic, client_secret_post, private_key_jwt',
    ],
    [{ clientAuthentication: 'client_secret_jwt' }, 'clientAuthentication must be one of'],
    [{ clientAuthentication: 'client_secret_post' }, 'clientSecret is needed'],
    [{ clientSecret: 'sesame' }, 'clientSecret is not for private_key_jwt'],
    [
      { clientAuthentication: 'client_secret_basic', clientSecret: '' },
      'clientSecret must be a non-empty string',
    ],
    [
      { clientAuthentication: 'client_secret_basic', clientSecret: 'sesame\n' },
      'clientSecret must be printable ASCII',
    ],
    [
      { clientAuthentication: 'client_secret_basic', clientSecret: ['sesame'] },
      'clientSecret must be a non-empty string',
    ],
    [
      { assertionAudience: 'tokenEndpoint' },
      'assertionAudience must be one of issuer, tokenEndpointForLegacyServers',
    ],
    [
      { assertionAudience: ['issuer'] },
      'assertionAudience must be one of issuer, tokenEndpointForLegacyServers',
    ],
    [{ targetParameter: 'aud' }, 'targetParameter must be one of resource, audience'],
    [{ subjectTokenType: 'id_token' }, 'subjectTokenType must be one of access_token, jwt'],
    [{ subjectTokenType: null }, 'subjectTokenType must be one of access_token, jwt'],
    [{ timeoutMs: 0 }, 'timeoutMs must be a number from 1 to 60000'],
    [{ timeoutMs: 60_001 }, 'timeoutMs must be a number from 1 to 60000'],
    [{ timeoutMs: '5s' }, 'timeoutMs must be a number from 1 to 60000'],
    [{ scope: 'user:read' }, 'scope is not an option; the options are issuer, tokenEndpoint, clientId'],
    [
      { cleintSecret: 'sesame' },
      'cleintSecret is not an option; the options are issuer, tokenEndpoint, clientId',
    ],
  ])('with %j is refused at start, by its path and without its value', (changes, problem) => {
    const reading = () => read(changes);
    expect(reading).toThrow(TypeError);
    expect(reading).toThrow(`${PATH}.${problem}`);
    expect(reading).not.toThrow(/sesame/);
  });

  it.each([undefined, null, 'https://idp.example', []])('is an object, not %j', (value) => {
    expect(() => readAuthorizationServer(value, PATH, false)).toThrow(`${PATH} must be an object`);
  });
});
