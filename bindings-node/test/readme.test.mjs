// The blocks of the documentation do what they say.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

import { root } from './common.mjs'

const cwd = join(root, 'bindings-node')

for (const file of ['README.md', 'bindings-node/README.md']) {
  const text = readFileSync(join(root, file), 'utf8')
  const blocks = [...text.matchAll(/```js\n([^]*?)```/g)].map(([, block]) => block)
  test(`${file} has ${blocks.length} blocks`, () => assert.ok(blocks.length > 0))
  blocks.forEach((block, index) =>
    test(`${file}, block ${index}`, () => {
      const said = execFileSync(process.execPath, ['--input-type=module', '-e', block], { cwd, encoding: 'utf8' })
      const promised = [...block.matchAll(/console\.log\(.*\/\/ (.*)/g)].map(([, comment]) => comment)
      assert.ok(promised.length > 0, 'a block that prints nothing')
      assert.deepEqual(said.trim().split('\n'), promised)
    }),
  )
}
