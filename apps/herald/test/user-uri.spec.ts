import { toUserPath } from '../src/user-uri.js';

const CENSUS = 'https://census.service/';

describe('The URI of a user of census', () => {
  it('has a path under census', () => {
    expect(toUserPath(CENSUS, 'https://census.service/user/42/')).toBe('user/42/');
  });

  it('is the same where the identifier of census ends in no slash', () => {
    expect(toUserPath('https://census.service', 'https://census.service/user/42/')).toBe('user/42/');
    expect(toUserPath('https://census.service', 'https://census.serviceuser/42/')).toBeUndefined();
  });

  it.each([
    'https://census.service/user/42',
    'https://census.service/user/42//',
    'https://census.service/user/042/',
    'https://census.service/user/0/',
    'https://census.service/user/-1/',
    'https://census.service/user/4e1/',
    'https://census.service/user/42/?a=1',
    'https://census.service/user/42/#a',
    'https://census.service/user/../user/42/',
    'https://census.service/user/%34%32/',
    'https://census.service/user/42%2F',
    'https://census.service//user/42/',
    'https://census.service/USER/42/',
    'https://census.service/user/42/ ',
    'https://census.service/user/42/\n',
    'https://census.service/user/٤٢/',
    'https://census.service/user/12345678901/',
    'https://census.service.evil.example/user/42/',
    'https://census.service@evil.example/user/42/',
    'https://evil.example/https://census.service/user/42/',
    'HTTPS://census.service/user/42/',
    'http://census.service/user/42/',
    'https://census.service:443/user/42/',
    '/user/42/',
    'user/42/',
    '',
  ])('is not %j', (uri) => {
    expect(toUserPath(CENSUS, uri)).toBeUndefined();
  });
});
