// A gateway with one endpoint: a ticket comes in as JSON, its analysis goes out; the event loop stays free.
//
//     node examples/gateway.mjs           serves on port 8080 until it is ended
//     node examples/gateway.mjs --once    on a free port, until it has answered one request
//     curl localhost:8080/analyze -d '{"text": "Where is my proof?"}'
import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'

import { Engine, FrontdeskError } from 'frontdesk'

const STATUS = { 'invalid-input': 400, 'too-large': 413, 'too-long': 422, overloaded: 429, timeout: 504 }
const once = process.argv.includes('--once')
const engine = await Engine.open()

/** What a request is answered with: a status and a body. */
async function answer(request, signal) {
  if (request.method !== 'POST' || request.url !== '/analyze') {
    return [404, { code: 'invalid-input', message: 'there is POST /analyze' }]
  }
  try {
    const ticket = JSON.parse(await text(request))
    return [200, await engine.analyze(ticket, { signal, timeoutMs: 30_000 })]
  } catch (error) {
    if (error instanceof SyntaxError) {
      return [400, { code: 'invalid-input', message: error.message }]
    }
    if (!(error instanceof FrontdeskError)) {
      return [500, { code: 'internal', message: String(error) }]
    }
    const { code, message, field } = error
    return [STATUS[code] ?? 500, { code, message, field }]
  }
}

const server = createServer(async (request, response) => {
  // A client that hangs up gives its place in the queue to others.
  const gone = new AbortController()
  response.on('close', () => gone.abort())
  const [status, body] = await answer(request, gone.signal)
  response.writeHead(status, { 'content-type': 'application/json', ...(once && { connection: 'close' }) })
  response.end(JSON.stringify(body))
  if (once) {
    server.close()
  }
})

server.listen(once ? 0 : 8080, '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${server.address().port}/analyze`)
})
server.on('close', () => engine.close())
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => server.close())
}
