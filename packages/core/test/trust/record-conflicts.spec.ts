import { createTrustStore } from '../../src/trust/trust-store.js';
import { type TrustRecord } from '../../src/trust/trust-record.js';

function provider(name: string, changes: Partial<TrustRecord>): TrustRecord {
  const issuer = `https://${name}.example/`;
  return { name, issuer, keys: { jwksUri: `${issuer}jwks` }, claims: 'okta', ...changes };
}

const USERS = 'https://census.service/user/{sub}/';

function storeOf(first: Partial<TrustRecord>, second: Partial<TrustRecord>) {
  return createTrustStore({ trust: [provider('one', first), provider('other', second)] });
}

describe('two records whose users have the same URIs', () => {
  it.each([
    ['by one template', USERS],
    ['by another claim', 'https://census.service/user/{uid}/'],
    ['in another spelling', 'https://census.service/User/{sub}/'],
    ['but for a slash', 'https://census.service/user/{sub}'],
    ['but for the scheme', 'http://census.service/user/{sub}/'],
    ['where one claim stands for what another writes', 'https://census.service/{tenant}/21/'],
  ])('keep the service from starting: %s', (_how, subject) => {
    expect(() => storeOf({ subject: USERS }, { subject })).toThrow(
      `trust[1].subject makes the URIs that one's makes, whose users may be others; if one identifier is one user at both, say sharesSubjectsWith: ["one"]`,
    );
  });

  it.each([
    ['the later', {}, { sharesSubjectsWith: ['one'] }],
    ['the earlier', { sharesSubjectsWith: ['other'] }, {}],
    ['both', { sharesSubjectsWith: ['other'] }, { sharesSubjectsWith: ['one'] }],
  ])('are meant where %s names the other', (_who, first, second) => {
    expect(() => storeOf({ subject: USERS, ...first }, { subject: USERS, ...second })).not.toThrow();
  });

  it.each([
    ['another path', 'https://census.service/customer/{sub}/'],
    ['another host', 'https://order.service/user/{sub}/'],
    ['another port', 'https://census.service:8443/user/{sub}/'],
    ['one part more', 'https://census.service/user/{sub}/profile/'],
    ['one part less', 'https://census.service/{sub}/'],
  ])('are not those with %s', (_what, subject) => {
    expect(() => storeOf({ subject: USERS }, { subject })).not.toThrow();
  });

  it('are not a provider and the services that act for its users', () => {
    const gateway = {
      name: 'gateway',
      issuer: 'https://gateway.service/',
      keys: { jwksUri: 'https://g.example/' },
    };
    const trust = [
      provider('one', { subject: USERS }),
      { ...gateway, actsFor: ['https://census.service/user/'] },
    ];
    expect(() => createTrustStore({ trust })).not.toThrow();
  });
});

describe('sharesSubjectsWith', () => {
  it.each([
    [
      'of a record that is not there',
      ['noone'],
      'trust[1].sharesSubjectsWith names noone: no other record of that name has a subject',
    ],
    ['of the record itself', ['other'], 'trust[1].sharesSubjectsWith names other: no other record'],
    ['in other letters', ['One'], 'trust[1].sharesSubjectsWith names One: no other record'],
    ['in words', 'one', 'trust[1].sharesSubjectsWith must be an array'],
  ])('is no name %s', (_what, sharesSubjectsWith, problem) => {
    const second = { subject: USERS, sharesSubjectsWith } as Partial<TrustRecord>;
    expect(() => storeOf({ subject: 'https://order.service/{sub}/' }, second)).toThrow(problem);
  });

  it('is no name of a record without a subject, and is not for one', () => {
    const named = { subject: USERS, sharesSubjectsWith: ['one'] };
    expect(() => storeOf({}, named)).toThrow('trust[1].sharesSubjectsWith names one: no other record');
    expect(() => storeOf({ subject: USERS }, { sharesSubjectsWith: ['one'] })).toThrow(
      'trust[1].sharesSubjectsWith is for a record that has a subject',
    );
  });
});
