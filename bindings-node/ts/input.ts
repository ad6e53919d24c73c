// Callers' values as JSON; those that cannot be read are refused.
import { FrontdeskError, invalid, kind, message } from './errors.js'

/** Names that an options object may have, checked to be all of them. */
export type Names<T> = Record<keyof Required<T>, true>

/** The options, read once; refuses names that there are not, and a signal that is none. */
export function known<T extends object>(given: T, names?: Names<T>): T {
  if (typeof given !== 'object' || given === null) {
    throw invalid(`the options are ${kind(given)}; they must be an object`)
  }
  const options = readable('the options', () => ({ ...given }))
  for (const name of names ? Object.keys(options) : []) {
    if (names && !Object.hasOwn(names, name)) {
      throw invalid(`unknown option \`${name}\`; known: ${Object.keys(names).join(', ')}`, name)
    }
  }
  if ('signal' in options && options.signal !== undefined && !(options.signal instanceof AbortSignal)) {
    throw invalid(`signal is ${kind(options.signal)}; it must be an AbortSignal`, 'signal')
  }
  return options
}

/** Any iterable's iterator. */
export function iterator<T>(tickets: Iterable<T> | AsyncIterable<T>): Iterator<T> | AsyncIterator<T> {
  if (typeof tickets === 'object' && tickets !== null && !ArrayBuffer.isView(tickets)) {
    if (Symbol.asyncIterator in tickets) {
      return tickets[Symbol.asyncIterator]()
    }
    if (Symbol.iterator in tickets) {
      return tickets[Symbol.iterator]()
    }
  }
  throw invalid(`the tickets are ${kind(tickets)}; they must be an iterable of tickets`, 'tickets')
}

/** A ticket as JSON. */
export function one(ticket: unknown): string {
  return readable('the ticket', () => {
    refuseOther(ticket, 'the ticket')
    return JSON.stringify(ticket, carried)
  })
}

/** Tickets as JSON. */
export function list(tickets: readonly unknown[], first: number): string {
  return readable('the tickets', () => {
    if (!Array.isArray(tickets)) {
      throw invalid(`the tickets are ${kind(tickets)}; they must be an array`, 'tickets')
    }
    tickets.forEach((ticket, index) => refuseOther(ticket, `ticket ${first + index}`))
    return JSON.stringify(tickets, carried)
  })
}

/** A value as JSON. */
export function json(value: object, what: string): string {
  return readable(what, () => JSON.stringify(value, carried))
}

/** Reads a caller's objects: their getters may throw anything. */
export function readable<T>(what: string, read: () => T): T {
  try {
    return read()
  } catch (cause) {
    if (cause instanceof FrontdeskError) {
      throw cause
    }
    if (cause instanceof RangeError && cause.message === 'Invalid string length') {
      throw new FrontdeskError('too-large', `${what} have more text than a string can hold`, undefined, { cause })
    }
    throw invalid(`${what} cannot be read: ${message(cause)}`, undefined, { cause })
  }
}

/** Refuses a ticket that JSON has no form for; the engine refuses the others. */
export function refuseOther(ticket: unknown, place: string): void {
  const bytes = ArrayBuffer.isView(ticket) || ticket instanceof ArrayBuffer
  const known = ['string', 'object', 'boolean'].includes(typeof ticket) || Number.isFinite(ticket)
  if (bytes || !known) {
    throw invalid(`${place} is ${kind(ticket)}; a ticket is a text, or an object with \`text\``)
  }
}

/** Refuses what JSON would leave out or write as something else. */
export function carried(this: unknown, name: string, value: unknown): unknown {
  // Of such a date JSON makes null, which would be read as none.
  if (value === null && (this as Record<string, unknown>)[name] instanceof Date) {
    throw invalid(`${name} is an invalid Date`, name)
  }
  const other = typeof value === 'function' || typeof value === 'symbol' || typeof value === 'bigint'
  const number = typeof value === 'number' && !Number.isFinite(value)
  if (other || number || ArrayBuffer.isView(value)) {
    throw invalid(`${name} is ${number ? value : kind(value)}`, name)
  }
  return value
}
