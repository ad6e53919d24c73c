import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'

import { Engine } from 'frontdesk'

import { fails } from './common.mjs'

let engine
before(async () => {
  engine = await Engine.open({ threads: 2 })
})
after(() => engine.close())

const others = [null, undefined, 7, NaN, true, 7n, Symbol('x'), () => 'text', ['text'], new Uint8Array(3), Buffer.from('text'), new ArrayBuffer(3)]

test('what is no ticket is refused', async () => {
  for (const other of others) {
    await fails(engine.analyze(other), 'invalid-input', { message: /a ticket/ })
    await fails(engine.analyzeBatch(['fine', other]), 'invalid-input', { message: /^ticket 1 is |\[1\]: / })
    await fails(async () => {
      for await (const _ of engine.score(['fine', other]));
    }, 'invalid-input', { message: /^ticket 1 is |\[1\]: / })
    await fails(engine.analyze({ text: other }), 'invalid-input')
  }
  for (const other of [...others.filter((other) => !Array.isArray(other)), 'text', { text: 'x' }, new Set(['x'])]) {
    await fails(engine.analyzeBatch(other), 'invalid-input')
  }
  for (const other of [null, undefined, 7, 'text', {}, new Uint8Array(3)]) {
    await fails(async () => engine.score(other).next(), 'invalid-input')
  }
})

test('objects that cannot be read keep their cause', async () => {
  const cause = new Error('no')
  const throwing = { get text() { throw cause } }
  await fails(engine.analyze(throwing), 'invalid-input', { cause })
  await fails(engine.analyzeBatch(['fine', throwing]), 'invalid-input', { cause })
  await fails(engine.analyze({ text: 'x', toJSON() { throw 'text' } }), 'invalid-input', { cause: 'text' })
  const circle = { text: 'x' }
  circle.id = circle
  await fails(engine.analyze(circle), 'invalid-input')
  const proxy = new Proxy([], { get() { throw cause } })
  await fails(engine.analyzeBatch(proxy), 'invalid-input', { cause })
  await fails(engine.analyze('x', { get outputs() { throw cause } }), 'invalid-input', { cause })
})

test('tickets that do not fit', async () => {
  await fails(engine.analyze({ text: 'x', colour: 'red' }), 'invalid-input', { field: 'colour', message: /unknown field `colour`/ })
  await fails(engine.analyze({}), 'invalid-input', { field: 'text' })
  await fails(engine.analyze({ text: 'x', subject: 'y' }), 'invalid-input', { field: 'text' })
  await fails(engine.analyze({ text: 'x', id: 7 }), 'invalid-input', { field: 'id' })
  await fails(engine.analyze({ text: 'x', urgency: 'extreme' }), 'invalid-input', { field: 'urgency' })
  await fails(engine.analyzeBatch(['x', { text: 'x', customerHistory: { preferredChannel: 'pigeon' } }]), 'invalid-input', { message: /^\[1\]/ })
})

test('lone surrogates are refused, pairs are not', async () => {
  await fails(engine.analyze('x \ud800'), 'invalid-input')
  await fails(engine.analyze('\udc00 x'), 'invalid-input')
  await fails(engine.analyzeBatch([{ text: 'x', id: '\ud83d' }]), 'invalid-input')
  const { id } = await engine.analyze({ text: 'thanks 😀', id: '😀' })
  assert.equal(id, '😀')
})

test('nothing to read is no error', async () => {
  for (const text of ['', '   ', '\n\t', '\u0000']) {
    const { abstain, usage } = await engine.analyze(text)
    assert.ok(abstain.every(({ reason }) => reason === 'empty') && abstain.length > 0, JSON.stringify(text))
    assert.equal(usage.truncated, false)
  }
})

test('50 MB of text and 100,001 tickets are too large', async () => {
  await fails(engine.analyze('a '.repeat(25 << 20)), 'too-large')
  await fails(engine.analyzeBatch(Array(100_001).fill('x')), 'too-large', { field: 'tickets' })
})

test('call options', async () => {
  await fails(engine.analyze('x', { timeout: 5 }), 'invalid-input', { field: 'timeout', message: /known: signal, outputs, route, timeoutMs/ })
  await fails(engine.analyze('x', null), 'invalid-input')
  await fails(engine.analyze('x', { outputs: ['weather'] }), 'invalid-input')
  await fails(engine.analyze('x', { outputs: 'sentiment' }), 'invalid-input', { field: 'outputs' })
  await fails(engine.analyze('x', { signal: {} }), 'invalid-input', { field: 'signal' })
  for (const timeoutMs of [-1, NaN, Infinity, 'soon', 1e300]) {
    await fails(engine.analyze('x', { timeoutMs }), 'invalid-input', { field: 'timeoutMs' })
  }
  await fails(async () => engine.score(['x'], { timeoutMs: 5 }).next(), 'invalid-input', { field: 'timeoutMs' })
  await engine.analyze('x', { outputs: undefined, signal: undefined, timeoutMs: undefined })
  await engine.analyze('x', { timeoutMs: 1e10 })
})
