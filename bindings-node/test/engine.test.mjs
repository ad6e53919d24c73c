import assert from 'node:assert/strict'
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { after, before, test } from 'node:test'

import { Engine, FrontdeskError, check, compare, estimate, evaluate, replay, train, trainRoute } from 'frontdesk'

import { checkpoint, fails, opened, root, temporary } from './common.mjs'

let engine
before(async () => {
  engine = await Engine.open({ device: 'cpu', precision: 'auto', threads: 2 })
})
after(() => engine.close())

test('one analysis has the contract’s shape', async () => {
  const analysis = await engine.analyze({ id: 'T-17', text: 'Production is blocked!', urgency: 'high' })
  assert.deepEqual(Object.keys(analysis), ['id', 'sentiment', 'category', 'route', 'abstain', 'usage', 'model'])
  assert.equal(analysis.id, 'T-17')
  assert.deepEqual(Object.keys(analysis.sentiment), ['sentiment', 'score', 'emotions', 'urgencyLevel'])
  assert.deepEqual(Object.keys(analysis.sentiment.emotions), ['joy', 'anger', 'frustration', 'satisfaction'])
  assert.ok(Number.isInteger(analysis.sentiment.urgencyLevel))
  assert.equal(analysis.category.labels.length, 6)
  assert.deepEqual(analysis.category.labels[0], { label: analysis.category.category, score: analysis.category.score })
  const { wouldChange: _, ...route } = analysis.route
  assert.deepEqual(Object.keys(route), ['recommendedRoute', 'confidence', 'reasoning', 'alternativeRoutes', 'contributions'])
  assert.equal(analysis.route.alternativeRoutes.length, 3)
  assert.deepEqual(Object.keys(analysis.usage), ['tokens', 'truncated'])
  assert.deepEqual(analysis.model, engine.info.model)
  for (const { score } of analysis.category.labels) {
    assert.equal(score, Math.fround(score), 'a float32 is carried exactly')
  }
})

test('what is absent has no name', async () => {
  const analysis = await engine.analyze('Thanks', { outputs: ['sentiment'] })
  assert.deepEqual(Object.keys(analysis), ['sentiment', 'abstain', 'usage', 'model'])
})

test('a batch keeps its order and says the same as single calls', async () => {
  const tickets = ['Thanks!', { subject: 'Proof', body: 'Where is it?' }, { id: 'x', text: 'It crashed again' }]
  const analyses = await engine.analyzeBatch(tickets)
  assert.equal(analyses.length, 3)
  assert.equal(analyses[2].id, 'x')
  const single = await engine.analyze(tickets[1])
  assert.equal(analyses[1].category.category, single.category.category)
  assert.ok(Math.abs(analyses[1].category.score - single.category.score) < 1e-4)
  assert.deepEqual(await engine.analyzeBatch([]), [])
})

test('what is known of the customer reaches the route', async () => {
  const customerHistory = { previousIssues: ['a', 'b'], preferredChannel: 'co-browse', successfulChannels: ['co-browse', 'co-browse'] }
  const plain = await engine.analyze('The export does not work')
  const known = await engine.analyze({ text: 'The export does not work', customerHistory })
  assert.notDeepEqual(known.route, plain.route)
})

test('CommonJS has the same classes', async () => {
  const frontdesk = createRequire(import.meta.url)('frontdesk')
  assert.equal(frontdesk.Engine, Engine)
  assert.equal(frontdesk.FrontdeskError, FrontdeskError)
  assert.equal(frontdesk.train, train)
  assert.equal(frontdesk.replay, replay)
  assert.equal(frontdesk.trainRoute, trainRoute)
})

test('info and metrics', async () => {
  assert.equal(engine.info.device, 'cpu')
  assert.equal(engine.info.threads, 2)
  assert.deepEqual(engine.info.outputs, ['sentiment', 'category', 'route'])
  assert.ok(!('sentimentModel' in engine.info))
  await engine.analyze('Thanks')
  const metrics = engine.metrics()
  assert.ok(metrics.calls >= 1 && metrics.tickets >= 1 && metrics.tokens >= 3)
  assert.equal(metrics.queueSeconds.buckets.at(-1).bound, Infinity)
})

test('a single-task model’s result is under its task’s name', async (t) => {
  const model = checkpoint(temporary())
  const single = await opened(t, Engine.open({ model, threads: 1 }))
  const analysis = await single.analyze('proof broken')
  assert.deepEqual(Object.keys(analysis), ['label', 'abstain', 'usage', 'model'])
  assert.match(analysis.label.label, /^LABEL_[012]$/)
  assert.equal(analysis.label.labels.length, 3)
})

test('training and evaluating', async (t) => {
  const dir = temporary()
  const rows = ['proof proof proof,calm', 'proof press proof,calm', 'broken broken,upset', 'broken ! !,upset']
  writeFileSync(join(dir, 'train.csv'), `text,label\n${rows.join('\n')}\n`)
  const data = join(dir, 'train.csv')
  const output = join(dir, 'mood')
  const base = checkpoint(temporary())
  const taken = { data, valid: data, base, task: 'mood', method: 'full', batch: 2, allow: ['leak'] }
  const [few, more] = [await estimate({ ...taken, epochs: 2 }), await estimate({ ...taken, epochs: 4 })]
  assert.deepEqual([few.steps, more.steps, more.tokens], [4, 8, 2 * few.tokens])
  assert.ok(few.seconds > 0 && few.bytes > 0 && few.tokensPerSecond > 0)
  await fails(estimate({ ...taken, kind: 'many' }), 'invalid-input', { message: /`single-label`, `multi-label`, `ordinal`/ })
  await fails(estimate({ ...taken, kind: 'ordinal' }), 'data-invalid', { message: /line 2: `calm` is no whole number/ })
  const report = await train({ data, valid: data, base, output, task: 'mood', method: 'frozen', epochs: 60, patience: 60, dropout: 0, allow: ['leak'] })
  const [head] = report.heads
  assert.deepEqual(head.labels, ['calm', 'upset'])
  assert.deepEqual([head.trainRows, report.method], [4, 'frozen'])
  const mood = await opened(t, Engine.open({ model: output }))
  const { mood: result } = await mood.analyze('proof proof')
  assert.equal(result.label, 'calm')
  const evaluation = await mood.evaluate({ data, resamples: 50 })
  assert.equal(evaluation.rows, 4)
  assert.ok(evaluation.accuracy.low <= evaluation.accuracy.value && evaluation.accuracy.value <= evaluation.accuracy.high)
  assert.equal(evaluation.perClass.length, 2)
  assert.deepEqual(evaluation.confusion.labels, ['calm', 'upset'])
  assert.equal(evaluation.reliability.length, 15)
  assert.deepEqual(Object.keys(evaluation.perClass[0].precision), ['value', 'low', 'high'])
  assert.equal(evaluation.automation, undefined)

  const wrong = join(dir, 'wrong.csv')
  writeFileSync(wrong, `text,label\n${`${rows.join('\n')}\n`.repeat(20)}proof proof proof,upset\n`)
  const { errors, automation, coverage } = await mood.evaluate({ data: wrong, resamples: 50, texts: true, automateAt: 0.5 })
  assert.deepEqual(errors.map(({ line, truth, given, text }) => [line, truth, given, text]), [[82, 'upset', 'calm', 'proof proof proof']])
  assert.ok(automation.labels.every(({ kept, low }) => kept > 0 && low >= 0.5))
  assert.equal(coverage.at(-1).coverage, 1)
  await fails(mood.evaluate({ data, automateAt: 1 }), 'invalid-input', { field: 'automateAt' })

  const steps = []
  const comparison = await mood.compare(mood, { data, resamples: 50, onProgress: (done) => steps.push(done) })
  assert.equal(steps.at(-1), 8)
  assert.equal(comparison.accuracy.bBetter, 0.5)
  assert.deepEqual(comparison.mcnemar, { fixed: 0, broken: 0, pValue: 1 })
  const contrary = join(dir, 'contrary')
  const turned = join(dir, 'turned.csv')
  writeFileSync(turned, `text,label\n${rows.map((row) => row.replace('calm', '?').replace('upset', 'calm').replace('?', 'upset')).join('\n')}\n`)
  await train({ data: turned, valid: turned, base, output: contrary, task: 'temper', epochs: 60, method: 'frozen', patience: 60, dropout: 0, allow: ['leak'] })
  const other = await opened(t, Engine.open({ model: contrary }))
  const worse = await mood.compare(other, { data, resamples: 50 })
  assert.deepEqual(worse.changes[0], { line: 2, truth: 'calm', before: 'calm', after: 'upset', effect: 'worse' })
  assert.deepEqual(worse.flows.map(({ count, fixed, broken }) => [count, fixed, broken]), [[2, 0, 2], [2, 0, 2]])
  await fails(mood.compare({}, { data }), 'invalid-input', { field: 'other' })
  await fails(mood.compare(await opened(t, Engine.open()), { data, task: 'category' }), 'data-invalid', { message: /the same labels/ })
  await fails(mood.evaluate({ data, textColumn: 'nothing' }), 'data-invalid')
  await fails(mood.evaluate({ data, task: 'nothing' }), 'invalid-input', { field: 'task' })
  await fails(train({ data, base, output, task: 'mood' }), 'io')
  await fails(train({ data, base, output: join(dir, 'x'), task: 'mood', learningRate: -1 }), 'invalid-input', { field: 'learningRate' })
})

test('rows in memory are as those of a file', async () => {
  const dir = temporary()
  const pairs = [['proof proof proof', 'calm'], ['proof press proof', 'calm'], ['broken broken', 'upset'], ['broken ! !', 'upset']]
  const file = join(dir, 'rows.csv')
  writeFileSync(file, `said,mood\n${pairs.map((pair) => pair.join(',')).join('\n')}\n`)
  const rows = pairs.map(([said, mood]) => ({ said, mood }))
  const options = { base: checkpoint(temporary()), task: 'mood', method: 'frozen', epochs: 5, allow: ['leak'], textColumn: 'said', labelColumn: 'mood' }
  const reports = []
  for (const [data, name] of [[file, 'file'], [rows, 'rows']]) {
    reports.push(await train({ ...options, data, valid: data, output: join(dir, name) }))
  }
  const weights = ['file', 'rows'].map((name) => readFileSync(join(dir, name, 'heads.safetensors')))
  assert.deepEqual(weights[0], weights[1])
  assert.deepEqual(reports[0].heads[0].labels, reports[1].heads[0].labels)
  assert.equal((await estimate({ ...options, method: 'full', data: rows, valid: rows })).steps, 5)
  assert.equal((await check({ data: rows, base: options.base, task: 'mood', textColumn: 'said', labelColumn: 'mood' })).rows.train, 4)

  const measured = { textColumn: 'said', labelColumn: 'mood', resamples: 50 }
  const model = join(dir, 'rows')
  const [of, inMemory] = [await evaluate({ ...measured, model, data: file }), await evaluate({ ...measured, model, data: rows })]
  assert.deepEqual(of.accuracy, inMemory.accuracy)
  const same = await compare({ ...measured, a: model, b: join(dir, 'file'), data: rows })
  assert.deepEqual([same.changes, same.rows], [[], 4])
  const numbers = [{ text: 'a', label: 1 }, { text: 'b', label: 2n }, { text: 'c', label: true }]
  assert.deepEqual((await check({ data: numbers, base: options.base, task: 'level' })).labels.map(({ label }) => label).sort(), ['1', '2', 'true'])

  const bad = (data, field, message) => fails(check({ data, base: options.base, task: 'mood' }), 'invalid-input', { field, message })
  await bad([{ text: 'a' }], 'labelColumn', /row 1: there is no `label`; there are: text/)
  await bad([{ text: 'a', label: 'x' }, { text: 1, label: 'x' }], 'textColumn', /row 2: the text is .*number/)
  await bad([{ text: 'a', label: 0.5 }], 'labelColumn', /row 1: the label is .*a whole number/)
  await bad(['a'], 'data', /row 1 is .*it must be an object/)
  await bad(7, 'data', /data is .*a file's name or an array/)
  await fails(check({ data: [{ text: null, label: 'x' }], base: options.base, task: 'mood' }), 'data-invalid', { message: /row 1: the text is missing/ })
  await fails(check({ data: [], base: options.base, task: 'mood' }), 'data-invalid', { message: /there is no row/ })
})

test('the doctor says what is wrong with which rows', async () => {
  const dir = temporary()
  const [data, valid] = ['train.csv', 'valid.csv'].map((name) => join(dir, name))
  writeFileSync(data, 'text,label\nproof proof proof,calm\nproof press proof,calm\nbroken broken,upset\nbroken !,upset\nbroken broken,calm\n')
  writeFileSync(valid, 'text,label\nproof proof proof,calm\n')
  const options = { data, valid, base: checkpoint(temporary()), task: 'mood' }
  const steps = []
  const { rows, labels, findings } = await check({ ...options, onProgress: (step) => steps.push(step) })
  assert.deepEqual(rows, { train: 5, valid: 1 })
  assert.deepEqual(labels[0], { label: 'calm', train: 3, valid: 1 })
  assert.equal(steps[0].stage, 'features')
  const [leak] = findings
  assert.deepEqual([leak.kind, leak.severity, leak.count], ['leak', 'stop', 1])
  assert.deepEqual(leak.rows, [{ file: 'valid', line: 2, other: { file: 'train', line: 2 }, similarity: 1 }])
  assert.ok(findings.some(({ kind }) => kind === 'conflicting-labels'))
  await fails(check({ ...options, task: 'a b' }), 'invalid-input', { field: 'task' })
  await fails(check({ ...options, data: join(dir, 'none.csv') }), 'io')
})

test('long work is told of, stopped by a signal and by what its listener throws', async (t) => {
  const dir = temporary()
  const data = join(dir, 'train.csv')
  const letters = Array.from('abcdefghij', (a) => Array.from('klmno', (b) => `${a} ${b}`)).flat()
  const lines = letters.map((pair) => `proof ${pair},calm\nbroken ${pair},upset\n`)
  writeFileSync(data, `text,label\n${lines.join('')}`)
  const base = checkpoint(temporary())
  const options = { data, base, task: 'mood', epochs: 3, patience: 3 }
  const steps = []
  const model = join(dir, 'told')
  await train({ ...options, output: model, onProgress: (step) => steps.push(step) })
  assert.deepEqual(Object.keys(steps.find(({ stage }) => stage === 'features')), ['stage', 'done', 'total'])
  assert.deepEqual(Object.keys(steps.find(({ stage }) => stage === 'steps')), ['stage', 'epoch', 'epochs', 'done', 'total', 'loss', 'tokensPerSecond'])
  assert.deepEqual(steps.filter(({ stage }) => stage === 'epoch').map(({ epoch }) => epoch), [1, 2, 3])

  const reason = new Error('enough')
  const output = join(dir, 'stopped')
  await fails(train({ ...options, output, signal: AbortSignal.abort(reason) }), 'cancelled', { cause: reason })
  const controller = new AbortController()
  const stopped = train({ ...options, epochs: 10_000, patience: 10_000, output, signal: controller.signal, onProgress: () => controller.abort(reason) })
  await fails(stopped, 'cancelled', { cause: reason })
  await assert.rejects(train({ ...options, epochs: 10_000, patience: 10_000, output, onProgress: () => { throw reason } }), reason)
  await fails(train({ ...options, output, onProgress: true }), 'invalid-input', { field: 'onProgress' })
  await fails(train({ ...options, output, progress: () => {} }), 'invalid-input', { field: 'progress', message: /progress is of type function/ })
  await fails(train({ ...options, output: join(data, 'below-a-file') }), 'io')
  assert.deepEqual(readdirSync(dir).sort(), ['told', 'train.csv'])

  const mood = await opened(t, Engine.open({ model }))
  const rows = []
  await mood.evaluate({ data, resamples: 50, onProgress: (done) => rows.push(done) })
  assert.equal(rows.at(-1), 100)
  await fails(mood.evaluate({ data, signal: AbortSignal.abort(reason) }), 'cancelled', { cause: reason })
})

test('what cannot be opened', async () => {
  await fails(Engine.open({ modle: 'x' }), 'invalid-input', { field: 'modle', message: /`modle`.*`model`, `sentimentModel`.*`device`/ })
  await fails(Engine.open({ model: './nowhere' }), 'model-not-found')
  await fails(Engine.open({ model: temporary() }), 'model-not-found')
  await fails(Engine.open({ device: 'tpu' }), 'invalid-input', { field: 'device' })
  await fails(Engine.open({ device: 'cuda' }), 'device-unavailable')
  await fails(Engine.open({ precision: 'f16' }), 'invalid-input', { field: 'precision' })
  await fails(Engine.open({ threads: 0 }), 'invalid-input', { field: 'threads' })
  await fails(Engine.open({ threads: 1.5 }), 'invalid-input', { field: 'threads' })
  await fails(Engine.open({ threads: NaN }), 'invalid-input', { field: 'threads' })
  await fails(Engine.open({ queue: 0 }), 'invalid-input', { field: 'queue' })
  await fails(Engine.open({ longText: 'tail' }), 'invalid-input', { field: 'longText' })
  await fails(Engine.open({ outputs: ['weather'] }), 'invalid-input')
  await fails(Engine.open(null), 'invalid-input')
  await fails(Engine.open('model'), 'invalid-input')
  await fails(async () => new Engine(), 'invalid-input', { message: /Engine\.open/ })
})

test('nothing is installed or run with the package', () => {
  const { scripts, dependencies } = JSON.parse(readFileSync(join(root, 'bindings-node/package.json'), 'utf8'))
  assert.deepEqual(Object.keys(scripts).filter((name) => /install|prepare/.test(name)), [])
  assert.equal(dependencies, undefined)
})

test('a message is prepared where the engine was opened so, and says what went', async () => {
  const mail = '<p>The proof is wrong.</p><blockquote>On Monday you wrote something long about the old proof.</blockquote>'
  const preparing = await Engine.open({ prepare: 'all', outputs: ['category'] })
  const prepared = await preparing.analyze(mail)
  assert.deepEqual(prepared.usage.removed, ['html', 'quotes'])
  const plain = await preparing.analyze('The proof is wrong.')
  assert.deepEqual(plain.usage.removed, [])
  assert.deepEqual(prepared.category, plain.category)
  preparing.close()
  const asItCame = await engine.analyze(mail)
  assert.ok(!('removed' in asItCame.usage))
  assert.ok(asItCame.usage.tokens > prepared.usage.tokens)
})

test('files of every format are rows, and what a person should look at is warned of', async () => {
  const base = checkpoint(temporary())
  for (const name of ['pandas-rich.parquet', 'polars.arrow', 'pandas-indented.json', 'pandas.csv.zst', 'excel-sep.csv']) {
    const data = join(root, 'core/tests/golden/tables', name)
    const { rows } = await check({ data, base, task: 'kind' })
    assert.equal(rows.train, 8, name)
  }
  const data = join(temporary(), 'stray.csv')
  writeFileSync(data, 'text,label\n"opened here,good\nsecond,good\nthird",good\nfourth,bad\n')
  const warned = new Promise((resolve) => process.once('warning', resolve))
  assert.equal((await check({ data, base, task: 'mood' })).rows.train, 2)
  const warning = await warned
  assert.equal(warning.name, 'FrontdeskNotice')
  assert.match(warning.message, /stray\.csv: line 2: a quoted field goes over several lines/)
})
