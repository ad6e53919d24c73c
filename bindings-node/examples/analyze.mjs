// One message, several of them, and errors by their code.
//
//     node examples/analyze.mjs
import { Engine, FrontdeskError } from 'frontdesk'

// Opening checks the model's files and starts the threads: once for a program, not once for a message.
const engine = await Engine.open()
try {
  const analysis = await engine.analyze('Need to approve this proof ASAP', { timeoutMs: 30_000 })
  const { sentiment, category, route, abstain } = analysis
  console.log(`sentiment: ${sentiment?.sentiment}, urgency ${sentiment?.urgencyLevel} in 10`)
  console.log(`category: ${category?.category} (${category?.score.toFixed(2)})`)
  console.log(`route: ${route?.recommendedRoute}. ${route?.reasoning}`)
  // The scores above are there all the same; these are the outputs to leave to a person.
  for (const { output, reason } of abstain) {
    console.log(`not sure of the ${output}: ${reason}`)
  }

  // A ticket may say more than its text.
  const tickets = [
    {
      id: 'T-1',
      subject: 'Logo',
      body: 'Please move it to the left',
      customerHistory: { preferredChannel: 'live-chat' },
    },
    { id: 'T-2', text: 'Where is my proof?', urgency: 'high' },
  ]
  for (const analysis of await engine.analyzeBatch(tickets, { outputs: ['category'] })) {
    console.log(`${analysis.id}: ${analysis.category?.category}`)
  }

  await engine.analyze({ id: 'T-3' })
} catch (error) {
  if (!(error instanceof FrontdeskError) || error.code !== 'invalid-input') {
    throw error
  }
  console.log(`${error.code} (${error.field}): ${error.message}`)
} finally {
  await engine.close()
}
