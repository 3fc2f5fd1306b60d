import { Injectable } from '@nestjs/common';
import { ExternalContextCreator } from '@nestjs/core';
import { noteMethod } from './handler-methods.js';

/**
 * Notes on each handler that a library has Nest run, such as a handler of messages, as which method it is registered. The library
 * may bind the method to its instance, or wrap it: then only what it tells Nest says which method that is. Metadata that it copies
 * along does not, since anybody can copy it.
 */
@Injectable()
export class ExternalHandlers {
  constructor(creator: ExternalContextCreator) {
    const create = creator.create.bind(creator);
    creator.create = (instance, callback, methodName, ...how) => {
      const holder: unknown = Object.getPrototypeOf(instance);
      if (typeof holder === 'object' && holder !== null) noteMethod(callback, { holder, name: methodName });
      return create(instance, callback, methodName, ...how);
    };
  }
}
