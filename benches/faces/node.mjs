// The Node face, to be timed on command: the lines are those of faces.rs, with `node` for the face. `node loop 5` saturates
// the engine for so many seconds and answers with the 99th percentile of the event loop's delay, in seconds.
import { readFileSync } from 'node:fs'
import { monitorEventLoopDelay, performance } from 'node:perf_hooks'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'

import { Engine } from '../../bindings-node/index.mjs'

const [model, file] = process.argv.slice(2)
const texts = JSON.parse(readFileSync(file, 'utf8'))
const TEXT = 'Need to approve this proof ASAP'
const engine = await Engine.open({ model })

const timed = async (work) => {
  const start = performance.now()
  await work()
  return (performance.now() - start) / 1e3
}
const works = {
  single: async (times) => {
    const samples = []
    for (let call = 0; call < times; call++) samples.push(await timed(() => engine.analyze(TEXT)))
    return samples.sort((a, b) => a - b)[times >> 1]
  },
  batch: (count) => timed(() => engine.analyzeBatch(texts.slice(0, count))),
  loop: async (seconds) => {
    const end = performance.now() + seconds * 1e3
    const caller = async (_, index) => {
      while (performance.now() < end) await engine.analyze(texts[index % texts.length])
    }
    const delay = monitorEventLoopDelay({ resolution: 1 })
    await sleep(100)
    delay.enable()
    await Promise.all(Array.from({ length: 64 }, caller))
    delay.disable()
    return delay.percentile(99) / 1e9
  },
}
for await (const line of createInterface({ input: process.stdin })) {
  const [, work, number] = line.split(' ')
  console.log(await works[work](Number(number)))
}
await engine.close()
