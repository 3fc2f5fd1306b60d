import { invalidOption, OptionsReader, readHttpsUri, readScopes } from '../src/options.js';

function reader(value: unknown, path = 'things[0]'): OptionsReader {
  return new OptionsReader(value, path, ['name', 'size', 'mode', 'flag', 'scopes']);
}

describe('options', () => {
  it.each([null, undefined, 'text', 7, [], [{}]])('are an object, not %j', (value) => {
    expect(() => reader(value)).toThrow('things[0] must be an object');
    expect(() => reader(value, '')).toThrow('options must be an object');
  });

  it('are named by their path, and those of the outermost object by their name alone', () => {
    expect(() => reader({}).string('name')).toThrow('things[0].name must be a non-empty string');
    expect(() => reader({}, '').string('name')).toThrow(/^name must be a non-empty string/);
  });

  it('are refused when nobody knows them, so that a misspelt one cannot switch a check off', () => {
    expect(() => reader({ nmae: 'x' })).toThrow(
      'things[0].nmae is not an option; the options are name, size, mode, flag, scopes',
    );
    expect(() => reader({ nmae: 'x' }, '')).toThrow(/^nmae is not an option/);
  });

  it('are shown cut and escaped when their name is strange', () => {
    expect(() => reader({ 'a\n"b': 1 })).toThrow('things[0].a\\n\\"b is not an option');
    expect(() => reader({ ['x'.repeat(1000)]: 1 })).toThrow(/^things\[0\]\.x{60} is not an option/);
  });

  it('never show their value', () => {
    for (const read of [
      () => reader({ secret: 'open sesame' }),
      () => reader({ name: ['open sesame'] }).string('name'),
      () => reader({ mode: 'open sesame' }).oneOf('mode', ['on', 'off']),
      () => reader({ size: 'open sesame' }).number('size', { fallback: 1, min: 0, max: 9 }),
      () => readHttpsUri('https://user:sesame@host/', 'url'),
    ]) {
      expect(read).toThrow();
      expect(read).not.toThrow(/sesame/);
    }
  });

  it('that are undefined count as left out; null does not', () => {
    const range = { fallback: 5, min: 0, max: 9 };
    expect(reader({ name: undefined }).has('name')).toBe(false);
    expect(reader({ size: undefined }).number('size', range)).toBe(5);
    expect(() => reader({ size: null }).number('size', range)).toThrow('things[0].size must be a number');
    expect(() => reader({ flag: null }).boolean('flag', false)).toThrow(
      'things[0].flag must be true or false',
    );
    expect(() => reader({ mode: null }).oneOf('mode', ['on'], 'on')).toThrow(
      'things[0].mode must be one of on',
    );
    expect(() => reader({ scopes: null }).strings('scopes', [])).toThrow('things[0].scopes must be an array');
  });

  it('do not come from a prototype', () => {
    expect(reader(Object.create({ name: 'inherited' })).has('name')).toBe(false);
    expect(() => reader({}).oneOf('mode', ['constructor', 'on'])).toThrow('things[0].mode must be one of');
    expect(() => reader(JSON.parse('{"__proto__":{"name":"x"}}'))).toThrow(
      'things[0].__proto__ is not an option',
    );
  });

  it('are copied: a list that is changed later stays as it was', () => {
    const scopes = ['a'];
    const read = reader({ scopes }).strings('scopes');
    scopes.push('b');
    expect(read).toEqual(['a']);
  });

  it.each([0, 9, 4.5])('in numbers may be %d, the bounds included', (size) => {
    expect(reader({ size }).number('size', { fallback: 5, min: 0, max: 9 })).toBe(size);
  });

  it.each([-0.1, 9.1, NaN, Infinity, '5', true, 5n])('in numbers may not be %p', (size) => {
    expect(() => reader({ size }).number('size', { fallback: 5, min: 0, max: 9 })).toThrow(
      'things[0].size must be a number from 0 to 9',
    );
  });

  it.each(['true', 0, 1])('in true or false may not be %j', (flag) => {
    expect(() => reader({ flag }).boolean('flag', false)).toThrow('things[0].flag must be true or false');
  });

  it.each([['a', 'b c'], [' '], ['a\t'], ['"'], ['\\'], ['é']])(
    'in scopes are words: %j is refused',
    (...scopes) => {
      expect(() => readScopes(reader({ scopes }), 'scopes')).toThrow(
        `things[0].scopes[${String(scopes.length - 1)}] is not one scope`,
      );
    },
  );

  it('in error are a TypeError with the code config_invalid', () => {
    expect(invalidOption('a.b', 'is wrong')).toBeInstanceOf(TypeError);
    expect(invalidOption('a.b', 'is wrong')).toMatchObject({
      message: 'a.b is wrong',
      code: 'config_invalid',
    });
  });
});

describe('a URI option', () => {
  it.each([
    'https://herald.service/',
    'https://10.0.0.1/',
    'http://localhost:4002/',
    'http://127.0.0.1/',
    'http://[::1]:8080/x?y',
  ])('may be %s', (uri) => {
    expect(readHttpsUri(uri, 'url').href).toBe(uri);
  });

  it.each([
    ['http://herald.service/', 'url must be https (http is for loopback only)'],
    ['http://127.0.0.2/', 'url must be https (http is for loopback only)'],
    ['http://localhost.attacker.test/', 'url must be https (http is for loopback only)'],
    ['ftp://localhost/', 'url must be https (http is for loopback only)'],
    ['file:///etc/passwd', 'url must be https (http is for loopback only)'],
    ['blob:http://127.0.0.1/1', 'url must be https (http is for loopback only)'],
    ['https://user@herald.service/', 'url must not hold credentials'],
    ['https://:password@herald.service/', 'url must not hold credentials'],
    ['https://herald.service/#', undefined],
    ['https://herald.service/#a', 'url must not hold a fragment'],
    ['herald.service', 'url must be an absolute https URI'],
    ['', 'url must be an absolute https URI'],
    [undefined, 'url must be an absolute https URI'],
    [7, 'url must be an absolute https URI'],
  ])('is read strictly: %j', (uri, problem) => {
    if (problem === undefined) expect(() => readHttpsUri(uri, 'url')).not.toThrow();
    else expect(() => readHttpsUri(uri, 'url')).toThrow(problem);
  });

  it('may be plain http to anywhere by the switch, and nothing but http', () => {
    expect(readHttpsUri('http://herald:4002/', 'url', true).href).toBe('http://herald:4002/');
    expect(() => readHttpsUri('ftp://herald/', 'url', true)).toThrow('url must be https');
    expect(() => readHttpsUri('http://user@herald/', 'url', true)).toThrow('url must not hold credentials');
  });
});
