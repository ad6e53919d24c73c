// Labelled rows as callers hand them over: a file, or objects.
import { invalid, kind } from './errors.js'
import { readable } from './input.js'
import type { LabelledData } from './types.js'

/** A file's name, or a text and a label for each row. */
export type Rows = string | [string | null, string | null][]

/** Reads what core cannot read itself; `option` is the name of the argument. */
export function rows(data: LabelledData | undefined, text: string, label: string, option: string): Rows {
  if (typeof data === 'string') {
    return data
  }
  if (!Array.isArray(data)) {
    throw invalid(`${option} is ${kind(data)}; it must be a file's name or an array of objects`, option)
  }
  return readable(`the rows of ${option}`, () =>
    data.map((row: unknown, index) => {
      if (typeof row !== 'object' || row === null || Array.isArray(row)) {
        throw invalid(`${option}: row ${index + 1} is ${kind(row)}; it must be an object`, option)
      }
      const place = `row ${index + 1}`
      return [textOf(cell(row, text, 'textColumn', place), place), labelOf(cell(row, label, 'labelColumn', place), place)]
    }),
  )
}

function cell(row: object, column: string, option: string, place: string): unknown {
  if (!Object.hasOwn(row, column)) {
    throw invalid(`${place}: there is no \`${column}\`; there are: ${Object.keys(row).join(', ')}`, option)
  }
  return (row as Record<string, unknown>)[column]
}

function textOf(value: unknown, place: string): string | null {
  if (value === undefined || value === null || typeof value === 'string') {
    return value ?? null
  }
  throw invalid(`${place}: the text is ${kind(value)}; it must be a string`, 'textColumn')
}

function labelOf(value: unknown, place: string): string | null {
  if (typeof value === 'boolean' || typeof value === 'bigint' || Number.isSafeInteger(value)) {
    return String(value)
  }
  if (value === undefined || value === null || typeof value === 'string') {
    return value ?? null
  }
  throw invalid(`${place}: the label is ${kind(value)}; it must be a string or a whole number`, 'labelColumn')
}
