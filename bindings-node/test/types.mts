// Checked by the compiler, never run: what users write has the types that they expect.
import {
  type Analysis, type Contribution, type DecisionRecord, type ErrorCode, type Exclusion, type Need, type Reversal, type Route, type RouteAnalysis,
  type RouteContext, type RouteOptions, type RoutePolicy, type Rule, type Shadow, type Ticket, type TrainedRoute, Engine, FrontdeskError, replay, train,
  trainRoute,
} from 'frontdesk'

export async function types(): Promise<void> {
  const engine = await Engine.open({ device: 'cpu', threads: 2, outputs: ['sentiment'], longText: 'refuse' })
  const analysis: Analysis = await engine.analyze('Need to approve this proof ASAP', { timeoutMs: 1000 })
  const polarity: 'positive' | 'neutral' | 'negative' | undefined = analysis.sentiment?.sentiment
  const route: 'ai-chatbot' | 'live-chat' | 'co-browse' | 'video-call' | undefined = analysis.route?.recommendedRoute
  const ticket: Ticket = { subject: 'Proof', body: 'Where is it?', customerHistory: { preferredChannel: 'live-chat' } }
  const many: Analysis[] = await engine.analyzeBatch([ticket, 'Thanks'], { signal: new AbortController().signal })
  for await (const { usage } of engine.score(new Set(['one', 'two']))) {
    usage.tokens.toFixed()
  }
  const single = await Engine.open<'mood'>({ model: './mood' })
  const label: string = (await single.analyze('Thanks')).mood.label
  const { accuracy } = await engine.evaluate({ data: 'test.csv', task: 'category' })
  const { errors, automation } = await engine.evaluate({ data: 'test.csv', task: 'category', automateAt: 0.95, texts: true })
  const { changes } = await engine.compare(single, { data: 'test.csv', task: 'category' })
  const effect: 'better' | 'worse' | 'neither' | undefined = changes[0]?.effect
  const report = await train({ data: 'train.csv', output: 'model', task: 'mood' })
  const code: ErrorCode = new FrontdeskError('timeout', 'late').code
  // @ts-expect-error: there is no such option
  await Engine.open({ modle: 'x' })
  // @ts-expect-error: there is no such urgency
  await engine.analyze({ text: 'x', urgency: 'extreme' })
  // @ts-expect-error: a ticket is a text or an object
  await engine.analyze(7)
  // @ts-expect-error: a whole model's analysis has no task of one's own
  void analysis.mood
  void [errors[0]?.text, automation?.coverage, effect, polarity, route, many, label, accuracy.value, report.epoch, code, engine.metrics().calls, engine.info.device]
  await engine.close()
}

export async function routing(analysis: RouteAnalysis): Promise<void> {
  const policy: RoutePolicy = {
    name: 'desk',
    rules: {
      available: ['live-chat', 'video-call'],
      hours: { 'live-chat': { time_zone: 'Europe/Amsterdam', open: [{ days: ['mon'], from: '09:00', to: '17:00' }], closed: ['2026-12-25'] } },
      needs: { hearing: ['video-call'] },
      fallback: 'support',
    },
    exploration: { share: 0.1 },
  }
  const options: RouteOptions = { policy, shadow: 'next.toml', records: true, repeats: 'words' }
  const engine = await Engine.open({ route: options })
  const context: RouteContext = { now: new Date(), available: ['live-chat'], agents: { 'live-chat': 2 }, consent: [], needs: ['speech'], shares: {} }
  const { route, abstain } = await engine.analyze('Thanks', { route: context })
  await engine.analyzeBatch(['Thanks'], { route: { now: '2026-03-02T09:30:00Z' } })
  for await (const _ of engine.score(['Thanks'], { route: context }));
  const contribution: Contribution | undefined = analysis.contributions[0]
  const reversal: Reversal | undefined = analysis.wouldChange
  const excluded: Exclusion[] | undefined = analysis.excluded
  const rule: Rule | undefined = excluded?.[0]?.rule
  const shadow: Shadow | undefined = analysis.shadow
  const watched: Route | undefined = shadow?.recommendedRoute
  const need: Need = 'vision'
  const record: DecisionRecord | undefined = route?.record
  const queue: string | undefined = abstain.find(({ reason }) => reason === 'no-route')?.queue
  const again: RouteAnalysis | undefined = record && replay(record, policy)
  const learnt: TrainedRoute = await trainRoute({
    data: 'outcomes.jsonl', output: 'learnt.toml', policy: 'desk.toml', threads: 2, options: { effectiveRows: 200, reward: { minute: 0.01 } },
    signal: new AbortController().signal, onProgress: ({ done, total }) => void (done / total),
  })
  const solved: number = learnt.routes['ai-chatbot'].solved + learnt.new.doublyRobust.low + learnt.gain.low
  const written: string | undefined = learnt.policy
  // @ts-expect-error: there is no such route
  await engine.analyze('x', { route: { available: ['pigeon'] } })
  // @ts-expect-error: a number is no time
  await engine.analyze('x', { route: { now: 7 } })
  // @ts-expect-error: there is no such field
  await engine.analyze('x', { route: { consnt: [] } })
  // @ts-expect-error: there is no such rule
  await Engine.open({ route: { policy: { rules: { opening: {} } } } })
  // @ts-expect-error: a policy is written somewhere
  await trainRoute({ data: 'outcomes.jsonl' })
  // @ts-expect-error: what is not excluded may be absent
  void analysis.excluded.length
  void [contribution?.effect, reversal?.needed, rule, watched, need, queue, again?.explored, analysis.propensity, solved, written, learnt.accepted]
}
