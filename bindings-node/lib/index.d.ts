export { Engine } from './engine.js';
export { FrontdeskError } from './errors.js';
export { replay, trainRoute } from './routing.js';
export { check, estimate, train } from './training.js';
export type * from './types.js';
