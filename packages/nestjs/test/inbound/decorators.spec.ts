import { Callers, Policies, Public, Roles, Scopes } from '@countersign/nestjs';

describe('a decorator', () => {
  it('without a name is refused when the class is loaded', () => {
    const bare: readonly ((...names: never[]) => unknown)[] = [
      Scopes,
      Scopes.any,
      Roles,
      Roles.any,
      Callers,
      Policies,
    ];
    for (const decorator of bare) expect(() => decorator()).toThrow(/needs/);
  });

  it('with something that is not one name is refused when the class is loaded', () => {
    expect(() => Scopes('user:read user:write')).toThrow('is not one name');
    expect(() => Roles('')).toThrow('is not one name');
  });

  it('that contradicts another one on the same target is refused when the class is loaded', () => {
    const load = () => {
      class LoadedController {
        @Public()
        @Scopes('a')
        find() {
          return 'found';
        }
      }
      return LoadedController;
    };
    expect(load).toThrow('LoadedController#find is @Public() and also @Scopes()');
    expect(() => Scopes('a')(class Loaded {})).not.toThrow();
  });
});
