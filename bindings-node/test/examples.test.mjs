// The examples run, and show what they say that they show.
import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'node:test'

import { root } from './common.mjs'

const folder = join(root, 'bindings-node/examples')
const run = (name) => execFileSync(process.execPath, [join(folder, name)], { encoding: 'utf8' })

test('every example is run', () => {
  assert.deepEqual(readdirSync(folder).sort(), ['analyze.mjs', 'gateway.mjs', 'train-and-evaluate.mjs'])
})

test('analyze', () => {
  const said = run('analyze.mjs')
  for (const part of ['category: approval', 'T-1: revision', 'T-2: question', 'invalid-input (text): ']) {
    assert.ok(said.includes(part), said)
  }
})

test('train and evaluate', () => {
  const said = run('train-and-evaluate.mjs')
  for (const part of ['on 4 rows', 'outputs: sentiment, category, route, team', 'accuracy ', 'team: ']) {
    assert.ok(said.includes(part), said)
  }
})

for (const [what, body, status, says] of [
  ['a ticket', '{"text": "Need to approve this proof ASAP"}', 200, { category: 'approval' }],
  ['a ticket without a text', '{"id": "T-3"}', 400, { code: 'invalid-input', field: 'text' }],
  ['broken JSON', '{', 400, { code: 'invalid-input' }],
]) {
  test(`the gateway answers ${what}, and ends after one request`, async (t) => {
    const stdio = ['ignore', 'pipe', 'inherit']
    const gateway = spawn(process.execPath, [join(folder, 'gateway.mjs'), '--once'], { stdio })
    t.after(() => gateway.kill())
    const ended = once(gateway, 'exit')
    const [address] = await once(createInterface({ input: gateway.stdout }), 'line')
    const response = await fetch(address, { method: 'POST', body })
    const { category, code, field } = await response.json()
    assert.equal(response.status, status)
    const found = { category: category?.category, code, field }
    for (const [name, value] of Object.entries(says)) {
      assert.equal(found[name], value)
    }
    assert.deepEqual(await ended, [0, null])
  })
}
