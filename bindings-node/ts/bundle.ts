// The model that came with this package.
import { existsSync } from 'node:fs'
import { join } from 'node:path'

const BUNDLED = 'frontdesk-small'

/** Replaces the bundled model by the one that came with this package, unless the environment names it. */
export function withBundle<T extends object>(options: T, name: keyof T): T {
  const bundle = join(__dirname, '..', 'models', BUNDLED)
  const model = options[name] ?? BUNDLED
  const wanted = model === BUNDLED && !existsSync(BUNDLED) && !('FRONTDESK_MODEL' in process.env)
  return wanted && existsSync(join(bundle, 'config.json')) ? { ...options, [name]: bundle } : options
}
