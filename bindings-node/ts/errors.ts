// The one error, and the ways to it.
import type { Failure } from '../native.js'
import type { ErrorCode } from './types.js'

/** The error of every method, thrown or rejected with. */
export class FrontdeskError extends Error {
  static {
    Object.defineProperty(this.prototype, 'name', { value: 'FrontdeskError', configurable: true, writable: true })
  }

  declare readonly name: 'FrontdeskError'
  readonly code: ErrorCode
  /** The field at fault, where one is. */
  readonly field: string | undefined
  /** Of `overloaded`: the time in milliseconds after which the call would be accepted, where it is known. */
  readonly retryAfterMs: number | undefined

  constructor(code: ErrorCode, message: string, field?: string, options?: ErrorOptions & { retryAfterMs?: number }) {
    super(message, options)
    this.code = code
    this.field = field
    this.retryAfterMs = options?.retryAfterMs
  }
}

export function invalid(text: string, field?: string, options?: ErrorOptions): FrontdeskError {
  return new FrontdeskError('invalid-input', text, field, options)
}

/** Throws what the addon failed with. */
export function unfailed<T extends object | string>(outcome: T | Failure): T
export function unfailed(outcome: Failure | undefined): void
export function unfailed<T extends object | string>(outcome: T | Failure | undefined): T | undefined {
  if (typeof outcome === 'object' && outcome !== null && 'code' in outcome) {
    const field = outcome.field?.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
    const { retryAfterMs } = outcome
    throw new FrontdeskError(outcome.code, outcome.message, field, retryAfterMs === undefined ? {} : { retryAfterMs })
  }
  return outcome
}

export function refuseAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) {
    throw new FrontdeskError('cancelled', 'the signal was aborted', undefined, { cause: signal.reason })
  }
}

export function message(cause: unknown): string {
  return cause instanceof Error ? cause.message : kind(cause)
}

/** The kind of a value, for an error. */
export function kind(value: unknown): string {
  if (value === null || value === undefined) {
    return String(value)
  }
  if (typeof value === 'object') {
    return Array.isArray(value) ? 'an array' : `of type ${value.constructor?.name ?? 'object'}`
  }
  return `of type ${typeof value}`
}
