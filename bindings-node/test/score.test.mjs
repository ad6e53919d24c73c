import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { after, before, test } from 'node:test'

import { Engine } from 'frontdesk'

import { checkpoint, fails, many, opened, temporary } from './common.mjs'

let engine
before(async () => {
  engine = await Engine.open({ model: checkpoint(temporary()), threads: 2 })
})
after(() => engine.close())

/** Tickets one by one; `seen` tells how many were asked for, and whether the source was ended. */
async function* source(count, seen) {
  try {
    for (let i = 0; i < count; i++) {
      seen.pulled = i + 1
      if (i % 50 === 0) await sleep(1)
      yield { id: String(i), text: 'proof '.repeat(1 + (i % 7)) }
    }
  } finally {
    seen.ended = true
  }
}

test('an async generator is scored in its order, and read no further ahead than eight steps of 64', async () => {
  const seen = { pulled: 0 }
  let taken = 0
  let most = 0
  for await (const analysis of engine.score(source(1000, seen))) {
    assert.equal(analysis.id, String(taken))
    most = Math.max(most, seen.pulled - taken)
    taken++
    if (taken % 100 === 0) await sleep(5)
  }
  assert.equal(taken, 1000)
  assert.ok(most <= 512, `${most} were read ahead`)
})

test('nothing is read before the first is asked for', async () => {
  const seen = { pulled: 0 }
  const scores = engine.score(source(10, seen))
  await sleep(20)
  assert.equal(seen.pulled, 0)
  await scores.next()
})

test('any iterable; none is no error', async () => {
  const collect = async (tickets) => {
    const all = []
    for await (const analysis of engine.score(tickets)) all.push(analysis)
    return all
  }
  assert.equal((await collect(new Set(['a', 'b']))).length, 2)
  assert.equal((await collect(many(130))).length, 130)
  assert.deepEqual(await collect([]), [])
})

test('who stops early ends the source', async () => {
  const seen = {}
  for await (const analysis of engine.score(source(1000, seen))) {
    if (analysis.id === '3') break
  }
  assert.ok(seen.ended)
  assert.ok(seen.pulled <= 512)
})

test('a source that throws, and a bad ticket by its place', async () => {
  const broken = new Error('the file is gone')
  const drain = async (tickets, options) => {
    for await (const _ of engine.score(tickets, options));
  }
  await assert.rejects(drain((function* () { yield 'a'; throw broken })()), broken)
  const bad = many(200).map((text, i) => (i === 150 ? { text, subject: 'both' } : text))
  await fails(drain(bad), 'invalid-input', { message: /^ticket 150: / })
})

test('an abort, even while the source hangs', async () => {
  const controller = new AbortController()
  async function* hanging() {
    yield 'a'
    await new Promise(() => {})
  }
  const next = engine.score(hanging(), { signal: controller.signal }).next()
  const reason = new Error('enough')
  setTimeout(() => controller.abort(reason), 20)
  await fails(next, 'cancelled', { cause: reason })

  const second = new AbortController()
  let taken = 0
  await fails(async () => {
    for await (const _ of engine.score(source(100_000, {}), { signal: second.signal })) {
      if (++taken === 70) second.abort()
    }
  }, 'cancelled')
  assert.equal(taken, 70)
})

test('it waits where other callers fill the queue', async (t) => {
  const small = await opened(t, Engine.open({ threads: 1, queue: 1 }))
  let done = false
  const others = (async () => {
    let served = 0
    while (!done) {
      try {
        served += (await small.analyzeBatch(many(100))).length
      } catch (error) {
        assert.equal(error.code, 'overloaded')
        await new Promise(setImmediate)
      }
    }
    return served
  })()
  let scored = 0
  for await (const _ of small.score(many(200))) scored++
  done = true
  assert.equal(scored, 200)
  assert.ok((await others) > 0)
})
