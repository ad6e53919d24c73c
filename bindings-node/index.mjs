// One implementation for both kinds of modules, so that there is one FrontdeskError.
import frontdesk from './lib/index.js'

export const { Engine, FrontdeskError, check, compare, estimate, evaluate, replay, train, trainRoute } = frontdesk
