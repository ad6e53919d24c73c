// Calls that end early, queues that are full, engines that come and go.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'

import { Engine } from 'frontdesk'

import { busy, checkpoint, fails, many, opened, temporary } from './common.mjs'

let engine
before(async () => {
  engine = await Engine.open({ threads: 2 })
})
after(() => engine.close())

test('an abort before the call', async () => {
  const reason = new Error('changed my mind')
  await fails(engine.analyze('x', { signal: AbortSignal.abort(reason) }), 'cancelled', { cause: reason })
  await fails(async () => engine.score(['x'], { signal: AbortSignal.abort(reason) }).next(), 'cancelled', { cause: reason })
})

test('an abort during the call frees the queue', async () => {
  const controller = new AbortController()
  const call = engine.analyzeBatch(many(20_000), { signal: controller.signal })
  const reason = new Error('enough')
  setTimeout(() => controller.abort(reason), 50)
  await fails(call, 'cancelled', { cause: reason })
  assert.equal((await engine.analyze('thanks')).usage.truncated, false)
  // The tickets that a thread was tokenizing are let go of when it comes back.
  while (engine.metrics().queueDepth > 0) await sleep(1)
})

test('an abort in the same turn', async () => {
  const controller = new AbortController()
  const call = engine.analyzeBatch(many(100), { signal: controller.signal })
  controller.abort()
  await fails(call, 'cancelled')
})

test('an abort while results are handed over', async () => {
  const controller = new AbortController()
  const texts = Array(100_000).fill('')
  const call = engine.analyzeBatch(texts, { signal: controller.signal })
  const before = engine.metrics().tickets
  while (engine.metrics().tickets < before + texts.length) {
    await sleep(1)
  }
  await sleep(5)
  controller.abort()
  await fails(call, 'cancelled')
})

test('an abort after the call changes nothing', async () => {
  const controller = new AbortController()
  const analysis = await engine.analyze('thanks', { signal: controller.signal })
  controller.abort()
  await sleep(10)
  assert.ok(analysis.sentiment)
})

test('a call that takes too long', async () => {
  // Told when the time is over, or at once where the engine is at work and knows that it will not do.
  await fails(engine.analyzeBatch(many(20_000), { timeoutMs: 100 }), 'timeout')
  await fails(engine.analyzeBatch(many(1000), { timeoutMs: 0 }), 'timeout')
  await engine.analyze('thanks', { timeoutMs: 60_000 })
})

test('a full queue refuses, and takes more when the call that filled it was aborted', async (t) => {
  const small = await opened(t, Engine.open({ threads: 1, queue: 1 }))
  const controller = new AbortController()
  const long = small.analyzeBatch(many(5000), { signal: controller.signal })
  await busy(small)
  const early = await small.analyze('x').then(() => undefined, (error) => error)
  assert.equal(early?.code, 'overloaded')
  assert.ok(early.retryAfterMs > 0, early)
  assert.equal(small.metrics().overloaded, 1)
  controller.abort()
  await fails(long, 'cancelled')
  // Tickets of the aborted call that are being tokenized right now still count, for some milliseconds.
  for (let tries = 0; ; tries++) {
    const refused = await small.analyze('x').then(() => undefined, (error) => error)
    if (refused === undefined) break
    assert.ok(refused.code === 'overloaded' && tries < 1000, refused.message)
    await sleep(5)
  }
})

test('closing cancels what is queued and refuses what comes after', async () => {
  const closing = await Engine.open({ threads: 1 })
  const calls = [closing.analyzeBatch(many(5000)), closing.analyzeBatch(many(5000)), closing.analyze('x')]
  const ends = Promise.all(calls.map((call) => fails(call, 'cancelled')))
  const closed = closing.close()
  await fails(closing.analyze('x'), 'invalid-input', { message: /closed/ })
  await ends
  await closed
  await closing.close()
  await fails(closing.analyzeBatch(['x']), 'invalid-input')
  await fails(async () => closing.metrics(), 'invalid-input')
  await fails(async () => closing.score(['x']).next(), 'invalid-input')
  await fails(closing.evaluate({ data: 'x' }), 'invalid-input')
  assert.equal(closing.info.threads, 1)
})

test('200 engines come and go', async () => {
  const model = checkpoint(temporary())
  for (let i = 0; i < 200; i++) {
    const tiny = await Engine.open({ model, threads: 1 + (i % 2) })
    const call = tiny.analyze('proof').catch(({ code }) => assert.equal(code, 'cancelled'))
    // Some are closed when they are done, some before, and some are left to the collector.
    if (i % 4 < 2) await call
    if (i % 3 > 0) await tiny.close()
    await call
  }
})

test('two workers with engines of their own, one ended in the middle of its work', async () => {
  const code = `
    const { parentPort, workerData } = require('node:worker_threads')
    const { Engine } = require(${JSON.stringify(fileURLToPath(new URL('../lib/index.js', import.meta.url)))})
    Engine.open({ threads: 1 }).then(async (engine) => {
      const analysis = await engine.analyze('thanks a lot')
      parentPort.postMessage(analysis.sentiment.sentiment)
      if (workerData) return engine.analyzeBatch(Array(20000).fill('the proof is broken'))
      await engine.close()
    })`
  const answers = await Promise.all([false, true].map(async (endless) => {
    const worker = new Worker(code, { eval: true, workerData: endless })
    const answer = await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject))
    if (endless) {
      await sleep(100)
      await worker.terminate()
    } else {
      await new Promise((resolve) => worker.once('exit', resolve))
    }
    return answer
  }))
  assert.deepEqual(answers, ['positive', 'positive'])
  await engine.analyze('this thread goes on')
})

for (const [how, end, status] of [['process.exit', 'process.exit(7)', 7], ['an error', 'throw new Error()', 1]]) {
  test(`a process that ends by ${how} while work is queued`, () => {
    const code = `
      import { Engine } from 'frontdesk'
      const engine = await Engine.open({ threads: 2 })
      const calls = [engine.analyzeBatch(Array(20000).fill('the proof is broken')), engine.analyze('x')]
      for (const call of calls) call.catch(() => {})
      setTimeout(() => { ${end} }, 100)`
    const child = spawnSync(process.execPath, ['--input-type=module', '-e', code], {
      cwd: fileURLToPath(new URL('.', import.meta.url)),
      timeout: 600_000,
      encoding: 'utf8',
    })
    assert.equal(child.signal, null, child.stderr)
    assert.equal(child.status, status, child.stderr)
  })
}

test('a process ends by itself when its calls are done, its engine open', () => {
  const code = `
    import { Engine } from 'frontdesk'
    const engine = await Engine.open({ threads: 2 })
    console.log((await engine.analyzeBatch(['x', 'y'])).length)`
  const cwd = fileURLToPath(new URL('.', import.meta.url))
  const child = spawnSync(process.execPath, ['--input-type=module', '-e', code], { cwd, timeout: 600_000, encoding: 'utf8' })
  assert.deepEqual([child.status, child.stdout], [0, '2\n'], child.stderr)
})

test('the event loop stays alive while the engine is saturated', async (t) => {
  const delay = monitorEventLoopDelay({ resolution: 1 })
  let turns = 0
  const ticking = setInterval(() => turns++, 1)
  await sleep(20)
  delay.enable()
  turns = 0
  const calls = [engine.analyzeBatch(many(2000))]
  for (let i = 0; i < 200; i++) calls.push(engine.analyze(`the proof ${i} is broken`))
  await Promise.all(calls)
  delay.disable()
  clearInterval(ticking)
  const ms = (nanoseconds) => (nanoseconds / 1e6).toFixed(1)
  t.diagnostic(`event loop delay while saturated: p99 ${ms(delay.percentile(99))} ms, at most ${ms(delay.max)} ms; ${turns} turns`)
  assert.ok(turns > 10)
})
