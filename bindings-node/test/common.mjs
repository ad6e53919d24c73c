// A tiny model on disk, and what several tests ask.
import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { after } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

import { FrontdeskError } from 'frontdesk'

export const root = fileURLToPath(new URL('../..', import.meta.url))

export function temporary() {
  const dir = mkdtempSync(join(tmpdir(), 'frontdesk-node-'))
  after(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

/** The committed random checkpoint with a tokenizer for its 64 ids: letters and a few words. */
export function checkpoint(dir) {
  const golden = join(root, 'models/tests/golden')
  for (const file of ['bert-single-float32/config.json', 'bert-single-float32/model.safetensors', 'tokenizer.json']) {
    cpSync(join(golden, file), join(dir, basename(file)))
  }
  return dir
}

/** An engine that is closed when the test ends. */
export async function opened(t, opening) {
  const engine = await opening
  t.after(() => engine[Symbol.asyncDispose]())
  return engine
}

/** Whether a promise is rejected, or a function throws, with a FrontdeskError of this code. */
export async function fails(work, code, expected = {}) {
  await assert.rejects(
    async () => (typeof work === 'function' ? work() : work),
    (error) => {
      assert.ok(error instanceof FrontdeskError, `${error} is no FrontdeskError`)
      assert.equal(error.code, code, error.message)
      assert.equal(error.name, 'FrontdeskError')
      for (const [name, value] of Object.entries(expected)) {
        if (value instanceof RegExp) {
          assert.match(error[name], value)
        } else {
          assert.deepEqual(error[name], value)
        }
      }
      return true
    },
  )
}

export const many = (count) => Array.from({ length: count }, (_, i) => `The proof number ${i} is broken, please look at it today`)

/** Until an engine has begun on what it was given. */
export async function busy(engine) {
  while (engine.metrics().inferenceSeconds.buckets.every(({ count }) => count === 0)) {
    await sleep(5)
  }
}
