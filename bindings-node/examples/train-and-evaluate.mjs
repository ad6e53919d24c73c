// A head of your own labels on the bundled model's frozen trunk: trained, evaluated, used.
//
//     node examples/train-and-evaluate.mjs
//
// A dozen rows in a few epochs show the way and no more: a head that is worth having wants many more rows of
// each label, and is evaluated on rows that neither trained it nor chose its epoch.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { Engine, train } from 'frontdesk'

const TRAIN = {
  shipping: [
    'My parcel is lost',
    'The courier left the box with a neighbor',
    'When will the brochures be delivered?',
    'The package came a day late',
    'Please send the flyers to our new address',
    'The tracking number does not work',
  ],
  billing: [
    'I was charged twice for one order',
    'Please send the invoice once more',
    'Can we pay by bank transfer?',
    'The discount is missing from my bill',
    'How do I change the credit card on file?',
    'The tax on the receipt is wrong',
  ],
}
const VALID = {
  shipping: ['The delivery of our posters never arrived', 'Has the courier picked the parcel up?'],
  billing: ['You charged our credit card too much', 'There is a mistake in the invoice'],
}

/** Rows as JSON lines. */
function lines(rows) {
  const labelled = Object.entries(rows).flatMap(([label, texts]) => texts.map((text) => ({ text, label })))
  return labelled.map((row) => JSON.stringify(row) + '\n').join('')
}

const folder = await mkdtemp(join(tmpdir(), 'frontdesk-example-'))
try {
  const [data, valid, output] = ['train.jsonl', 'valid.jsonl', 'teams'].map((name) => join(folder, name))
  await writeFile(data, lines(TRAIN))
  await writeFile(valid, lines(VALID))
  const report = await train({ data, valid, output, task: 'team', epochs: 20, patience: 20 })
  const [head] = report.heads
  console.log(`${head.metric} of epoch ${report.epoch}: ${head.value.toFixed(2)} on ${head.validRows} rows`)

  // The other heads are kept: the new one is one more output beside sentiment, category and route.
  const engine = await Engine.open({ model: output })
  console.log(`outputs: ${engine.info.outputs.join(', ')}`)
  const { accuracy } = await engine.evaluate({ data: valid, task: 'team' })
  const [value, low, high] = [accuracy.value, accuracy.low, accuracy.high].map((figure) => figure.toFixed(2))
  console.log(`accuracy ${value}, with 95 % from ${low} to ${high}`)
  const { team } = await engine.analyze('The courier lost our posters')
  console.log(`team: ${team.label} (${team.score.toFixed(2)})`)
  await engine.close()
} finally {
  await rm(folder, { recursive: true, force: true })
}
