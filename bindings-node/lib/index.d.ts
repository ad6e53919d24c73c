export { Engine } from './engine.js';
export { type Model, compare, evaluate } from './evaluation.js';
export { FrontdeskError } from './errors.js';
export { replay, trainRoute } from './routing.js';
export { check, estimate, train } from './training.js';
export type * from './types.js';
