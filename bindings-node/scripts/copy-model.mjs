// Puts the bundled model and the licence into the package: they are kept once, elsewhere in the repository.
import { cpSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const here = (path) => fileURLToPath(new URL(path, import.meta.url))
rmSync(here('../models'), { recursive: true, force: true })
cpSync(here('../../models/bundles/frontdesk-small'), here('../models/frontdesk-small'), { recursive: true })
cpSync(here('../../LICENSE'), here('../LICENSE'))
