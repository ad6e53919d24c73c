// Policies, what is known beside a ticket, decisions that are made again, and learning from outcomes.
import assert from 'node:assert/strict'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'

import { Engine, replay, trainRoute } from 'frontdesk'

import { checkpoint, fails, opened, temporary } from './common.mjs'

const ROUTES = ['ai-chatbot', 'live-chat', 'co-browse', 'video-call']
const ALL_ROUTES = new RegExp(ROUTES.join('.*'))

const POLICY = {
  name: 'desk',
  rules: {
    available: ['live-chat', 'video-call'],
    hours: {
      'live-chat': { time_zone: 'Europe/Amsterdam', open: [{ days: ['mon', 'tue'], from: '09:00', to: '17:00' }] },
    },
    agents: { 'video-call': 2 },
    consent: ['video-call'],
    caps: { 'video-call': 0.3 },
    fallback: 'front-office',
  },
}
const MONDAY = new Date('2026-03-02T09:30:00Z')
const SUNDAY = new Date('2026-03-01T09:30:00Z')
const NOT_THERE = [{ route: 'ai-chatbot', rule: 'unavailable' }, { route: 'co-browse', rule: 'unavailable' }]

const routing = (t, route) => opened(t, Engine.open({ threads: 2, outputs: ['route'], route }))
/** All routes of an answer. */
const routesOf = ({ recommendedRoute, alternativeRoutes }) => [recommendedRoute, ...alternativeRoutes.map(({ route }) => route)].sort()

let desk
before(async () => {
  desk = await Engine.open({ threads: 2, outputs: ['route'], route: { policy: POLICY } })
})
after(() => desk.close())

test('an answer says what moved it, and nothing of what was not asked for', async (t) => {
  const plain = await routing(t)
  const { route } = await plain.analyze('How do I change the color of my proof?')
  const { wouldChange, ...rest } = route
  assert.deepEqual(Object.keys(rest), ['recommendedRoute', 'confidence', 'reasoning', 'alternativeRoutes', 'contributions'])
  assert.ok(rest.contributions.length > 0 && rest.contributions.length <= 8)
  for (const contribution of rest.contributions) {
    assert.deepEqual(Object.keys(contribution), ['feature', 'value', 'effect'])
    assert.ok(Number.isFinite(contribution.effect))
  }
  if (wouldChange) assert.deepEqual(Object.keys(wouldChange), ['route', 'feature', 'value', 'needed'])
  // By its words alone, and so whatever the model says: a calm question turns by one step of some feature.
  const { record } = (await (await routing(t, { records: true })).analyze('x')).route
  const again = replay({ ...record, facts: { features: { 'how-to': 0.75 } } })
  assert.equal(again.recommendedRoute, 'ai-chatbot')
  assert.deepEqual(Object.keys(again.wouldChange), ['route', 'feature', 'value', 'needed'])
})

test('a route that needs consent is taken with it, and out without it', async () => {
  const without = await desk.analyze('Production is down', { route: { now: MONDAY } })
  assert.equal(without.route.recommendedRoute, 'live-chat')
  assert.equal(without.route.confidence, 1)
  assert.deepEqual(without.route.excluded, [...NOT_THERE, { route: 'video-call', rule: 'no-consent' }])
  const context = { now: MONDAY, consent: ['video-call'] }
  const { route } = await desk.analyze('Production is down', { route: context })
  assert.deepEqual(routesOf(route), ['live-chat', 'video-call'])
  assert.deepEqual(route.excluded, NOT_THERE)
  const [first, second] = await desk.analyzeBatch(['Production is down', 'Thanks'], { route: context })
  assert.deepEqual(first.route, route)
  assert.deepEqual(second.route.excluded, NOT_THERE)
  for await (const scored of desk.score(['Production is down'], { route: context })) assert.deepEqual(scored.route, route)
})

test('hours, agents, needs, shares', async () => {
  const consent = ['video-call']
  const out = async (context) => {
    const { route } = await desk.analyze('Hello', { route: { consent, ...context } })
    return (route.excluded ?? []).filter(({ rule }) => rule !== 'unavailable').map(({ route, rule }) => `${route} ${rule}`)
  }
  assert.deepEqual(await out({ now: MONDAY }), [])
  assert.deepEqual(await out({ now: SUNDAY }), ['live-chat closed'])
  assert.deepEqual(await out({ now: SUNDAY.toISOString() }), ['live-chat closed'])
  assert.deepEqual(await out({ now: '2026-03-02T18:00:00+01:00' }), ['live-chat closed'])
  assert.deepEqual(await out({ now: MONDAY, agents: { 'video-call': 1, 'live-chat': 0 } }), ['video-call no-agent'])
  assert.deepEqual(await out({ now: MONDAY, agents: { 'video-call': 2 } }), [])
  assert.deepEqual(await out({ now: MONDAY, needs: ['hearing'] }), ['video-call need'])
  assert.deepEqual(await out({ now: MONDAY, needs: ['vision'] }), [])
  assert.deepEqual(await out({ now: MONDAY, shares: { 'video-call': 0.3 } }), ['video-call cap'])
  assert.deepEqual(await out({ now: MONDAY, shares: { 'video-call': 0.29 } }), [])
  assert.deepEqual(await out({ now: MONDAY, available: ['live-chat'] }), [])
  assert.deepEqual(routesOf((await desk.analyze('Hello', { route: { now: MONDAY, consent, available: ['live-chat'] } })).route), ['live-chat'])
})

test('where no route is left, the ticket has a queue', async () => {
  const analysis = await desk.analyze('Hello', { route: { now: SUNDAY } })
  assert.ok(!('route' in analysis))
  assert.deepEqual(analysis.abstain.filter(({ output }) => output === 'route'), [{ output: 'route', reason: 'no-route', queue: 'front-office' }])
  const { abstain } = await desk.analyze('', { route: { now: MONDAY } })
  assert.deepEqual(abstain, [{ output: 'route', reason: 'empty' }], 'a queue is for tickets that no route is left for')
})

test('a policy that is only watched says what it would have chosen', async (t) => {
  const file = join(temporary(), 'watched.toml')
  writeFileSync(file, '[rules]\navailable = ["co-browse"]\n')
  const engine = await routing(t, { policy: { rules: { available: ['live-chat'] } }, shadow: file })
  const { route } = await engine.analyze('Hello')
  assert.equal(route.recommendedRoute, 'live-chat')
  const { policy, ...shadow } = route.shadow
  assert.deepEqual(shadow, { recommendedRoute: 'co-browse', confidence: 1 })
  assert.match(policy, /^sha256:[0-9a-f]{64}$/)
  const none = await engine.analyze('Hello', { route: { available: ['live-chat'] } })
  assert.deepEqual(none.route.shadow, { policy })
})

test('a recorded decision is made again', async (t) => {
  const policy = { ...POLICY, exploration: { share: 0.5, seed: 7 } }
  const file = join(temporary(), 'desk.json')
  writeFileSync(file, JSON.stringify(policy, null, 2))
  const engine = await routing(t, { policy: file, records: true, shadow: {}, repeats: 'words' })
  const customerHistory = { previousIssues: ['the export fails'], successfulChannels: ['live-chat'], preferredChannel: 'video-call' }
  const tickets = Array.from({ length: 40 }, (_, i) => ({ id: `T-${i}`, text: 'The export fails again!!', urgency: 'high', customerHistory }))
  const analyses = await engine.analyzeBatch(tickets, { route: { now: MONDAY, consent: ['video-call'] } })
  for (const { route } of analyses) {
    const { shadow, ...rest } = route
    assert.ok(shadow)
    assert.deepEqual(replay(JSON.parse(JSON.stringify(route.record)), policy), rest)
    assert.deepEqual(replay(route.record, file), rest)
    assert.equal(route.propensity, 0.5)
  }
  const explored = analyses.filter(({ route }) => route.explored)
  assert.ok(explored.length > 5 && explored.length < 35, `${explored.length} of 40 were tried`)
  assert.ok(explored.every(({ route }) => route.explored === true) && analyses.some(({ route }) => !('explored' in route)))

  const { record } = analyses[0].route
  assert.equal(record.context.now, '2026-03-02T09:30:00Z')
  assert.ok(!JSON.stringify(record).includes('again!!'), 'a record holds no message')
  await fails(() => replay(record), 'invalid-input', { field: 'policy', message: /sha256/ })
  await fails(() => replay(record, { ...policy, name: 'another' }), 'invalid-input', { field: 'policy' })
  await fails(() => replay({ ...record, draw: 1 }, policy), 'invalid-input', { field: 'draw' })
  const { now, ...context } = record.context
  await fails(() => replay({ ...record, context }, policy), 'invalid-input', { field: 'now' })
  const nowhere = { ...record, context: { ...record.context, available: [] } }
  await fails(() => replay(nowhere, policy), 'data-invalid', { message: /no route: .*video-call \(unavailable\); the queue is `front-office`/ })
  await fails(() => replay({ ...record, text: 'x' }, policy), 'invalid-input', { field: 'text' })
  await fails(() => replay({}, policy), 'invalid-input', { field: 'input' })
  for (const other of [undefined, null, 7, 'record', 7n]) await fails(() => replay(other), 'invalid-input', { field: 'record' })
  await fails(() => replay(record, join(temporary(), 'none.toml')), 'io')
})

test('routing options that do not fit', async () => {
  const open = (route) => Engine.open({ route })
  const rules = (rules) => open({ policy: { rules } })
  await fails(open({ polcy: {} }), 'invalid-input', { field: 'polcy', message: /`polcy`.*`policy`.*`shadow`.*`records`.*`repeats`/ })
  await fails(open(7), 'invalid-input', { field: 'route' })
  await fails(open({ policy: 7 }), 'invalid-input', { field: 'policy', message: /the name of its file, or the policy itself/ })
  await fails(open({ policy: join(temporary(), 'none.toml') }), 'io')
  await fails(open({ shadow: { nme: 'x' } }), 'invalid-input', { field: 'nme' })
  await fails(open({ records: 1 }), 'invalid-input', { field: 'records' })
  await fails(open({ repeats: 'sound' }), 'invalid-input', { field: 'repeats', message: /meaning.*words/ })
  await fails(rules({ availble: [] }), 'invalid-input', { field: 'availble' })
  await fails(rules({ available: ['pigeon'] }), 'invalid-input', { field: 'available', message: ALL_ROUTES })
  await fails(rules({ agents: { pigeon: 1 } }), 'invalid-input', { message: ALL_ROUTES })
  await fails(rules({ available: ['live-chat'], consent: ['video-call'] }), 'data-invalid', { field: 'rules.consent', message: /video-call/ })
  await fails(open({ policy: { exploration: { share: 0.9 } } }), 'data-invalid', { field: 'exploration.share' })
  await fails(Engine.open({ model: checkpoint(temporary()), route: { records: true } }), 'invalid-input', { field: 'route' })

  const call = (route) => desk.analyze('x', { route })
  await fails(call({ avalable: [] }), 'invalid-input', { field: 'avalable', message: /`now`.*`available`.*`agents`.*`consent`.*`needs`.*`shares`/ })
  await fails(call({ available: ['pigeon'] }), 'invalid-input', { field: 'available', message: ALL_ROUTES })
  await fails(call({ agents: { pigeon: 1 } }), 'invalid-input', { message: ALL_ROUTES })
  await fails(call({ agents: { 'live-chat': 1.5 } }), 'invalid-input')
  await fails(call({ needs: ['legs'] }), 'invalid-input', { field: 'needs', message: /hearing.*speech.*vision/ })
  await fails(call({ shares: { 'live-chat': 2 } }), 'invalid-input', { field: 'shares' })
  await fails(call({ shares: { 'live-chat': NaN } }), 'invalid-input', { field: 'live-chat' })
  const never = new Date('never')
  await fails(call({ now: never }), 'invalid-input', { field: 'now', message: /invalid Date/ })
  await fails(desk.analyzeBatch(['x'], { route: { now: never } }), 'invalid-input', { field: 'now' })
  await fails(async () => desk.score(['x'], { route: { now: never } }).next(), 'invalid-input', { field: 'now' })
  await fails(call({ now: new Date(8.64e15) }), 'invalid-input', { field: 'now' })
  await fails(call({ now: 'tomorrow' }), 'invalid-input', { field: 'now' })
  await fails(call({ now: 7 }), 'invalid-input', { field: 'now' })
  await call({ now: undefined, available: undefined, agents: undefined, consent: undefined, needs: undefined, shares: undefined })
})

/** Numbers from 0 to below 1, always the same. */
function numbers() {
  let state = 1
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647
}

/** Outcomes of tickets that were sent anywhere, half of them how-to questions and half visual; `chance` is that of being solved. */
function outcomes(file, chance, count = 1600) {
  const next = numbers()
  const lines = Array.from({ length: count }, (_, i) => {
    const feature = i % 2 ? 'how-to' : 'visual'
    const route = ROUTES[Math.floor(next() * ROUTES.length)]
    const outcome = next() < chance(feature, route) ? 'solved' : 'unsolved'
    return JSON.stringify({ facts: { features: { [feature]: 0.75 } }, route, propensity: 0.25, outcome })
  })
  writeFileSync(file, `${lines.join('\n')}\n`)
  return lines
}

/** The opposite of what the default weights think. */
const OPPOSITE = { 'how-to': 'video-call', visual: 'ai-chatbot' }
const opposite = (feature, route) => (OPPOSITE[feature] === route ? 0.9 : 0.1)

test('weights that earn more are learnt, written and used', async (t) => {
  const dir = temporary()
  const [data, output] = ['outcomes.jsonl', 'learnt.toml'].map((name) => join(dir, name))
  outcomes(data, opposite)
  const policy = { name: 'learnt', rules: { fallback: 'front-office' } }
  const learnt = await trainRoute({ data, output, policy })
  assert.equal(learnt.accepted, true, learnt.reason)
  assert.deepEqual([learnt.rows, learnt.policy], [1600, output])
  assert.deepEqual(Object.keys(learnt.routes), ROUTES)
  assert.equal(ROUTES.reduce((sum, route) => sum + learnt.routes[route].rows, 0), 1600)
  assert.deepEqual(Object.keys(learnt.routes['video-call']), ['rows', 'solved', 'reward'])
  assert.ok(learnt.gain.low > 0 && learnt.gain.low < learnt.gain.value && learnt.gain.value < learnt.gain.high)
  assert.ok(learnt.new.doublyRobust.value > learnt.old.doublyRobust.value)
  assert.deepEqual(Object.keys(learnt.new).sort(), ['doublyRobust', 'effectiveRows', 'ips', 'largestRatio', 'snips'])
  assert.equal(learnt.new.largestRatio, 4)

  for (const [policy, of] of [[undefined, { 'how-to': 'ai-chatbot', visual: 'co-browse' }], [output, OPPOSITE]]) {
    const engine = await routing(t, { policy, records: true })
    const { record } = (await engine.analyze('Hello')).route
    for (const [feature, route] of Object.entries(of)) {
      assert.equal(replay({ ...record, facts: { features: { [feature]: 0.75 } } }, policy).recommendedRoute, route)
    }
  }
  const engine = await routing(t, { policy: output })
  const { abstain } = await engine.analyze('Hello', { route: { available: [] } })
  assert.equal(abstain[0].queue, 'front-office', 'the rules stay')
  await fails(trainRoute({ data, output }), 'io', { message: /there already/ })
})

test('weights that are not surely better are refused, and nothing is written', async () => {
  const dir = temporary()
  const [data, output] = ['outcomes.jsonl', 'learnt.json'].map((name) => join(dir, name))
  const refused = async (reason, options) => {
    const learnt = await trainRoute({ data, output, options })
    assert.equal(learnt.accepted, false)
    assert.match(learnt.reason, reason)
    assert.ok(!('policy' in learnt) && !existsSync(output))
    return learnt
  }
  outcomes(data, opposite)
  await refused(/the log is worth .* under 1000/, { effectiveRows: 1000 })
  const { routes, logged } = await refused(/not sure/, { reward: { solved: 0, cost: Object.fromEntries(ROUTES.map((route) => [route, 0])) } })
  assert.deepEqual([routes['live-chat'].reward, logged.value], [0, 0], 'what outcomes are worth is told by the caller')
  // Whoever takes a ticket, it is solved or not.
  outcomes(data, () => 0.5)
  await refused(/not sure/, { reward: { cost: Object.fromEntries(ROUTES.map((route) => [route, 0])) } })
})

test('outcomes and options to learn from that do not fit', async () => {
  const dir = temporary()
  const [data, output] = ['outcomes.jsonl', 'learnt.toml'].map((name) => join(dir, name))
  const lines = outcomes(data, opposite, 300)
  const train = (options) => trainRoute({ data, output, ...options })
  const reason = new Error('enough')
  await fails(train({ signal: AbortSignal.abort(reason) }), 'cancelled', { cause: reason })
  await fails(train({ signal: 7 }), 'invalid-input', { field: 'signal' })
  await fails(train({ onProgress: true }), 'invalid-input', { field: 'onProgress' })
  await fails(train({ outpt: 'x' }), 'invalid-input', { field: 'outpt', message: /`data`.*`output`.*`policy`.*`options`.*`model`.*`threads`/ })
  await fails(train({ data: join(dir, 'none.jsonl') }), 'io')
  await fails(train({ output: join(dir, 'learnt.yaml') }), 'invalid-input', { field: 'output' })
  await fails(train({ policy: { rules: { available: ['pigeon'] } } }), 'invalid-input', { message: ALL_ROUTES })
  await fails(train({ options: { effectiveRows: 'many' } }), 'invalid-input', { field: 'effectiveRows' })
  await fails(train({ options: { reward: { solvd: 1 } } }), 'invalid-input', { field: 'solvd' })
  await fails(train({ options: 'many' }), 'invalid-input', { field: 'options' })
  await fails(trainRoute(), 'invalid-input')
  const changed = (line, change) => writeFileSync(data, `${[...lines.slice(0, line - 1), change(lines[line - 1]), ...lines.slice(line)].join('\n')}\n`)
  changed(3, (line) => line.replace(/"route":"[^"]*"/, '"route":"pigeon"'))
  await fails(train(), 'data-invalid', { message: new RegExp(`3.*pigeon.*${ROUTES.join('.*')}`) })
  changed(4, (line) => line.replace('"propensity":0.25,', ''))
  await fails(train(), 'data-invalid', { message: /1 of 300 outcomes have no propensity/ })
  assert.ok(!existsSync(output))
})

test('tickets of outcomes are read, which is told of and can be stopped', async () => {
  const dir = temporary()
  const [data, output] = ['outcomes.jsonl', 'learnt.toml'].map((name) => join(dir, name))
  const lines = Array.from({ length: 60 }, (_, i) => {
    const ticket = { id: `T-${i}`, text: i % 2 ? 'How do I export?' : 'The export is broken', urgency: 'low' }
    return JSON.stringify({ ticket, route: ROUTES[i % 4], propensity: 0.25, outcome: i % 3 ? 'solved' : 'unsolved' })
  })
  writeFileSync(data, `${lines.join('\n')}\n`)
  const steps = []
  const { rows } = await trainRoute({ data, output, threads: 2, options: { effectiveRows: 1e6 }, onProgress: (step) => steps.push(step) })
  assert.equal(rows, 60)
  assert.deepEqual(steps, [{ done: 60, total: 60 }])
  const reason = new Error('enough')
  await assert.rejects(trainRoute({ data, output, onProgress: () => { throw reason } }), reason)
  await fails(trainRoute({ data, output, model: './nowhere' }), 'model-not-found')
})
