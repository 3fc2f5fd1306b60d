import { type FactoryProvider, type ModuleMetadata, type Type } from '@nestjs/common';
import { type Requirement } from '@countersign/core';
import {
  invalidOption,
  OptionsReader,
  readCommonOptions,
  type ResolvedCommonOptions,
} from '@countersign/core/adapter';
import { type CommonOptions, type DecisionRecorder, type SubjectResolver } from '@countersign/core/http';

/** A third-party controller that you cannot decorate, and its requirements. */
export interface ExemptController {
  readonly controller: Type;
  readonly as: 'public' | readonly Requirement[];
}

/** The options of `CountersignModule.forRoot`. */
export interface CountersignOptions extends CommonOptions {
  /** What applies to handlers without a requirement. Default `refuse`: the application does not start. */
  readonly undecorated?: 'refuse' | 'authenticated';
  /** Third-party controllers that you cannot decorate, such as a metrics endpoint. Default: none. */
  readonly exempt?: readonly ExemptController[];
  /** A provider that loads the application's own user for each request. Default: none. */
  readonly subjects?: Type<SubjectResolver>;
}

/** The options of `CountersignModule.forRootAsync`. */
export interface CountersignAsyncOptions extends Pick<ModuleMetadata, 'imports'> {
  readonly inject?: NonNullable<FactoryProvider['inject']>;
  // What is injected is known to Nest only, as in `FactoryProvider`.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly useFactory: (...injected: any[]) => CountersignOptions | Promise<CountersignOptions>;
  /** As `subjects` of `CountersignOptions`. */
  readonly subjects?: Type<SubjectResolver>;
}

/** The options with their defaults filled in. */
export interface ResolvedOptions extends ResolvedCommonOptions {
  readonly undecorated: 'refuse' | 'authenticated';
  readonly exempt: readonly ExemptController[];
  readonly subjects: Type<SubjectResolver> | undefined;
}

const OWN_MEMBERS = ['undecorated', 'exempt', 'subjects'] as const;

/**
 * Checks the options and fills in their defaults. Core checks `service`, `trust`, `keys`, `destinations`.
 * @param defaultRecorder receives the decisions where the options name no recorder.
 * @throws TypeError naming the option, also one that does not exist.
 */
export function readOptions(options: CountersignOptions, defaultRecorder: DecisionRecorder): ResolvedOptions {
  const common = readCommonOptions(options, OWN_MEMBERS, defaultRecorder);
  const { undecorated, exempt, subjects } = options;
  const read = new OptionsReader({ undecorated }, '', OWN_MEMBERS);
  return {
    ...common,
    undecorated: read.oneOf('undecorated', ['refuse', 'authenticated'], 'refuse'),
    exempt: readExempt(exempt ?? []),
    subjects: readClass(subjects, 'subjects'),
  };
}

function readClass(
  value: Type<SubjectResolver> | undefined,
  path: string,
): Type<SubjectResolver> | undefined {
  if (value !== undefined && typeof value !== 'function') throw invalidOption(path, 'must be a class');
  return value;
}

function readExempt(value: readonly ExemptController[]): readonly ExemptController[] {
  if (!Array.isArray(value)) throw invalidOption('exempt', 'must be an array');
  return value.map((element: ExemptController, index) => {
    const path = `exempt[${String(index)}]`;
    const read = new OptionsReader(element, path, ['controller', 'as']);
    if (typeof read.raw('controller') !== 'function')
      throw invalidOption(read.at('controller'), 'must be a class');
    const as = read.raw('as');
    if (as === 'public') return { controller: element.controller, as };
    if (!Array.isArray(as) || as.length === 0) {
      throw invalidOption(read.at('as'), "must be 'public' or a list of at least one requirement");
    }
    return {
      controller: element.controller,
      as: as.map((each, at) => readRequirement(each, `${path}.as[${String(at)}]`)),
    };
  });
}

function readRequirement(value: unknown, path: string): Requirement {
  const read = new OptionsReader(value, path, ['kind', 'anyOf', 'is']);
  const kind = read.oneOf('kind', ['authenticated', 'caller', 'subject', 'scope', 'role']);
  if (kind === 'authenticated') return { kind };
  if (kind === 'subject') return { kind, is: read.oneOf('is', ['user', 'service']) };
  const anyOf = read.strings('anyOf');
  if (anyOf.length === 0) throw invalidOption(read.at('anyOf'), 'must hold at least one name');
  return { kind, anyOf };
}
