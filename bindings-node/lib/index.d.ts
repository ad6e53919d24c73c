export { Engine } from './engine.js';
export { FrontdeskError } from './errors.js';
export { check, train } from './training.js';
export type * from './types.js';
