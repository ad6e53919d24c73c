// The delay of Node's event loop while onnxruntime-node is saturated, beside `node loop` of benches/faces/node.mjs on the same
// weights: node benches/peers/onnxruntime-loop.mjs MODEL.onnx SECONDS, with onnxruntime-node installed. Texts are 34 random ids.
import { createRequire } from 'node:module'
import { monitorEventLoopDelay, performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'

const require = createRequire(`${process.cwd()}/`)
const { InferenceSession, Tensor } = require('onnxruntime-node')
const [model, seconds] = process.argv.slice(2)
const session = await InferenceSession.create(model, { intraOpNumThreads: 2 })
const ids = BigInt64Array.from({ length: 34 }, (_, place) => BigInt(1000 + place * 37))
const feeds = () => {
  const all = { input_ids: ids, attention_mask: ids.map(() => 1n), token_type_ids: ids.map(() => 0n) }
  return Object.fromEntries(session.inputNames.map((name) => [name, new Tensor('int64', all[name], [1, 34])]))
}
await session.run(feeds())
const end = performance.now() + Number(seconds) * 1e3
let runs = 0
const caller = async () => {
  while (performance.now() < end) {
    await session.run(feeds())
    runs += 1
  }
}
const delay = monitorEventLoopDelay({ resolution: 1 })
await sleep(100)
delay.enable()
await Promise.all(Array.from({ length: 64 }, caller))
delay.disable()
console.log(JSON.stringify({ runs, loop_p99_ms: delay.percentile(99) / 1e6 }))
