import frontdesk = require('frontdesk')

export async function types(): Promise<number> {
  await using engine: frontdesk.Engine = await frontdesk.Engine.open()
  const analysis: frontdesk.Analysis = await engine.analyze('Thanks')
  const again: frontdesk.RouteAnalysis = frontdesk.replay(analysis.route?.record ?? {}, 'desk.toml')
  return analysis.usage.tokens + again.confidence
}
