import { createProjectGraphAsync } from '@nx/devkit';
import nx from '@nx/eslint-plugin';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

// Without a project graph the boundary rule stays silent: make it before the first file is read.
await createProjectGraphAsync({ exitOnError: true });

const onNode = ['node:*'];

/** Who may import whom between projects, by their `nx.tags`. Folders inside a package: tools/layers/rules.ts. */
const depConstraints = [
  {
    sourceTag: 'type:core',
    onlyDependOnLibsWithTags: [],
    allowedExternalImports: [...onNode, 'axios', 'jwks-rsa', 'oauth4webapi'],
  },
  { sourceTag: 'type:adapter', onlyDependOnLibsWithTags: ['type:core'], bannedExternalImports: ['jose'] },
  { sourceTag: 'type:testing', onlyDependOnLibsWithTags: ['type:core'] },
  { sourceTag: 'type:app-kit', onlyDependOnLibsWithTags: ['type:core', 'type:adapter'] },
  { sourceTag: 'type:app', onlyDependOnLibsWithTags: ['type:core', 'type:adapter', 'type:app-kit'] },
  {
    sourceTag: 'type:demo',
    onlyDependOnLibsWithTags: ['type:core', 'type:adapter', 'type:testing', 'type:app', 'type:app-kit'],
  },
  { sourceTag: 'type:drill', onlyDependOnLibsWithTags: ['type:core', 'type:adapter'] },
  { sourceTag: 'type:conformance', onlyDependOnLibsWithTags: ['type:core', 'type:adapter'] },
  { sourceTag: 'type:bench', onlyDependOnLibsWithTags: ['type:core', 'type:adapter', 'type:testing'] },
];

/** Tests may also use the test kit, and jose as the oracle. */
const testDepConstraints = depConstraints.map(({ sourceTag, onlyDependOnLibsWithTags }) => ({
  sourceTag,
  onlyDependOnLibsWithTags: [...onlyDependOnLibsWithTags, 'type:testing'],
}));

const namedExportsOnly = [
  { selector: 'ExportDefaultDeclaration', message: 'Export by name.' },
  { selector: "ExportSpecifier[exported.name='default']", message: 'Export by name.' },
  { selector: 'ExportAllDeclaration', message: 'List the exports by hand.' },
];
const plainTypes = [
  { selector: 'TSEnumDeclaration', message: 'Use a table or a union of strings.' },
  { selector: 'TSExportAssignment', message: 'Export by name.' },
  {
    selector: 'ThrowStatement > :matches(Literal, TemplateLiteral, ObjectExpression)',
    message: 'Throw an error.',
  },
];
/** Tests fake them: what must go on all the same takes those that were there when the packages were loaded. */
const fakedTimers = [
  ...['setImmediate', 'setInterval', 'setTimeout', 'clearImmediate', 'clearInterval', 'clearTimeout'].map(
    (name) => ({
      name,
      message: 'In core, import it from timers.ts.',
    }),
  ),
  { name: 'performance', message: 'Use the monotonic reading of a clock.' },
  { name: 'queueMicrotask', message: 'Use a promise.' },
];
const noEnvironment = [
  {
    selector: "MemberExpression[object.name='process'][property.name='env']",
    message: 'Packages read no environment: applications read it and pass values.',
  },
  {
    selector: "ImportDeclaration[source.value=/^(node:)?process$/] > ImportSpecifier[imported.name='env']",
    message: 'Packages read no environment: applications read it and pass values.',
  },
];

export default defineConfig(
  globalIgnores(['**/dist/', '**/node_modules/', '.nx/', '.data/', 'coverage/', 'tools/fixtures/']),
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    // One program for the whole tree: with a checker per project the same sources are checked many times.
    languageOptions: {
      parserOptions: { project: './tsconfig.eslint.json', tsconfigRootDir: import.meta.dirname },
    },
    plugins: { '@nx': nx },
    rules: {
      '@nx/enforce-module-boundaries': [
        'error',
        { depConstraints, banTransitiveDependencies: true, enforceBuildableLibDependency: false },
      ],
      'no-restricted-syntax': ['error', ...namedExportsOnly, ...plainTypes],
      'max-lines': ['error', 300],
      eqeqeq: 'error',
      // An `async` function without `await` turns what is thrown into a rejection, as ports promise.
      '@typescript-eslint/require-await': 'off',
      // Nest modules are empty classes that only carry a decorator.
      '@typescript-eslint/no-extraneous-class': ['error', { allowWithDecorator: true }],
      // What a library rejected with is thrown on as it is; literals are refused above.
      '@typescript-eslint/only-throw-error': 'off',
      // `{ left, out, ...rest }` leaves out by name.
      '@typescript-eslint/no-unused-vars': ['error', { ignoreRestSiblings: true }],
      // Nest declares its options as classes and takes plain objects.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
    },
  },
  {
    files: ['packages/*/src/**/*.ts', 'apps/*/src/**/*.ts'],
    rules: { 'max-lines-per-function': ['error', { max: 60, skipComments: true, skipBlankLines: true }] },
  },
  {
    files: ['packages/*/src/**/*.ts'],
    rules: {
      'no-restricted-syntax': ['error', ...namedExportsOnly, ...plainTypes, ...noEnvironment],
      'no-restricted-globals': ['error', ...fakedTimers],
    },
  },
  {
    files: ['**/test/**/*.ts', '**/*.spec.ts'],
    rules: {
      '@nx/enforce-module-boundaries': [
        'error',
        {
          depConstraints: testDepConstraints,
          allowCircularSelfDependency: true,
          // core's tests sign with the test kit, which is built on core.
          ignoredCircularDependencies: [['@countersign/core', '@countersign/testing']],
        },
      ],
      // A matcher takes `service.method`, an answer is read with `!`, and bad input is handed in on purpose.
      '@typescript-eslint/unbound-method': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/no-base-to-string': 'off',
      '@typescript-eslint/no-deprecated': 'off',
      // Metatypes are made with decorators applied by hand.
      '@typescript-eslint/no-extraneous-class': 'off',
    },
  },
  {
    // Jest loads these as CommonJS, and asks for a default export.
    files: ['jest.config.ts', 'tools/jest/*.config.ts'],
    extends: [tseslint.configs.disableTypeChecked],
    rules: { 'no-restricted-syntax': 'off' },
  },
);
