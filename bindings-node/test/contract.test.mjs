// The contract as data, replayed on this face: datasets/contract.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'

import * as frontdesk from 'frontdesk'
import { Engine, FrontdeskError } from 'frontdesk'

import { busy, fails, many, opened, root, temporary } from './common.mjs'

const contract = (name) => JSON.parse(readFileSync(join(root, 'datasets/contract', name), 'utf8'))
const camel = (name) => name.replace(/_([a-z])/g, (_, letter) => letter.toUpperCase())
const camelled = (value) => {
  if (Array.isArray(value)) return value.map(camelled)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [camel(key), camelled(item)]))
}

const engine = await Engine.open()
after(() => engine.close())

/** The same shape and labels, and the same bits of scores, which are of f32. */
function same(answer, expected, at = '') {
  if (Array.isArray(expected)) {
    assert.equal(answer.length, expected.length, at)
    expected.forEach((value, index) => same(answer[index], value, `${at}[${index}]`))
  } else if (expected !== null && typeof expected === 'object') {
    assert.deepEqual(Object.keys(answer), Object.keys(expected), at)
    for (const [key, value] of Object.entries(expected)) same(answer[key], value, `${at}.${key}`)
  } else if (typeof expected === 'number') {
    assert.equal(Math.fround(answer), Math.fround(expected), at)
  } else {
    assert.equal(answer, expected, at)
  }
}

for (const { name, ticket, outputs, answer } of contract('analyze.json').cases) {
  test(`analyze: ${name}`, async () => {
    same(await engine.analyze(ticket, { outputs }), camelled(answer))
  })
}

const rejected = (work, { name, code, field, says = [] }) =>
  assert.rejects(work, (error) => {
    assert.ok(error instanceof FrontdeskError, `${name}: ${error}`)
    assert.equal(error.code, code, `${name}: ${error.message}`)
    if (field !== undefined) assert.equal(error.field, camel(field), name)
    for (const part of says) {
      const there = [part, camel(part)].some((spelling) => error.message.includes(spelling))
      assert.ok(there, `${name}: \`${part}\` is not in: ${error.message}`)
    }
    return true
  })

/** Each error that takes a live engine. */
const PROVOKED = {
  overloaded: async (t) => {
    const small = await opened(t, Engine.open({ threads: 1, queue: 1 }))
    const long = small.analyzeBatch(many(5000)).catch(() => {})
    await busy(small)
    try {
      await small.analyze('x')
    } finally {
      await small.close()
      await long
    }
  },
  cancelled: async (t) => {
    const one = await opened(t, Engine.open({ threads: 1 }))
    const controller = new AbortController()
    setTimeout(() => controller.abort(), 50)
    await one.analyzeBatch(many(5000), { signal: controller.signal })
  },
  'data-invalid': async () => {
    const data = join(temporary(), 'ragged.csv')
    writeFileSync(data, 'text,label\na,b\nc\n')
    await engine.evaluate({ data, task: 'category' })
  },
  io: () => engine.evaluate({ data: '/no/such/file.csv', task: 'category' }),
  network: () => {
    const code = `
      import { Engine } from 'frontdesk'
      const error = await Engine.open({ model: 'acme/tiny' }).catch((error) => error)
      console.log(JSON.stringify({ code: error.code, message: error.message }))
    `
    const env = { ...process.env, HF_ENDPOINT: 'http://127.0.0.1:9', HF_HOME: temporary() }
    const cwd = join(root, 'bindings-node')
    const said = JSON.parse(execFileSync(process.execPath, ['--input-type=module', '-e', code], { cwd, env, encoding: 'utf8' }))
    throw new FrontdeskError(said.code, said.message)
  },
  internal: () => {
    throw new FrontdeskError('internal', 'cannot be provoked from outside')
  },
}

for (const found of contract('errors.json').cases) {
  test(`errors: ${found.name}`, async (t) => {
    const { code, open, ticket, tickets, text_bytes: bytes, ticket_count: count, options, how } = found
    if (how !== undefined) {
      return rejected(async () => PROVOKED[code](t), found)
    }
    const run = async () => {
      const asked = { ...camelled(open ?? {}) }
      if (asked.model?.startsWith('<')) {
        asked.model = temporary()
        writeFileSync(join(asked.model, 'config.json'), '{')
        writeFileSync(join(asked.model, 'tokenizer.json'), '{')
      }
      const on = open ? await opened(t, Engine.open(asked)) : engine
      if (bytes !== undefined) return on.analyze('a '.repeat(bytes).slice(0, bytes), camelled(options ?? {}))
      if ('ticket' in found) return on.analyze(ticket, camelled(options ?? {}))
      return on.analyzeBatch(tickets ?? Array(count ?? 1).fill('a'), camelled(options ?? {}))
    }
    await rejected(run, found)
  })
}

test('options are taken and refused', async (t) => {
  const options = contract('options.json')
  const runs = {
    open: async (given) => (await Engine.open(given)).close(),
    call: (given) => engine.analyze('thanks', given),
  }
  for (const [place, run] of Object.entries(runs)) {
    for (const { name, valid, invalid } of options[place]) {
      for (const value of valid) await run({ [camel(name)]: value })
      for (const found of invalid) {
        await rejected(async () => run({ [camel(name)]: found.value }), { name: `${name} ${found.value}`, ...found })
      }
    }
  }
})

test('the surface is there', () => {
  for (const [verb, { node }] of Object.entries(contract('surface.json').verbs)) {
    if (typeof node !== 'string') {
      // Archives are scored by the command, for the reason that the contract gives.
      assert.ok(['archive', 'diff'].includes(verb) && node.none, verb)
      continue
    }
    const [first, second] = node.split('.')
    const found = second === undefined ? frontdesk[first] : (frontdesk[first][second] ?? frontdesk[first].prototype[second])
    assert.ok(typeof found === 'function' || (verb === 'info' && engine.info), node)
  }
})
