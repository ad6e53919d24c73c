// Writes native.d.ts from what napi's macros left in a folder while the addon was compiled, as `napi build` does.
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import { generateTypeDef } from '@napi-rs/cli'

const cwd = fileURLToPath(new URL('..', import.meta.url))
const { dts } = await generateTypeDef({ typeDefDir: process.argv[2], cwd })
writeFileSync(new URL('../native.d.ts', import.meta.url), dts)
