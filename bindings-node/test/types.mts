// Checked by the compiler, never run: what users write has the types that they expect.
import { type Analysis, type ErrorCode, type Ticket, Engine, FrontdeskError, train } from 'frontdesk'

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
