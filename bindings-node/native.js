'use strict'

// The addon of this platform. On Linux the one for the other C library fails to load, so each is tried.
const { platform, arch } = process
const kinds = { linux: ['-gnu', '-musl'], win32: ['-msvc'] }[platform] ?? ['']
const errors = []
for (const kind of kinds) {
  try {
    module.exports = require(`./frontdesk.${platform}-${arch}${kind}.node`)
    break
  } catch (error) {
    errors.push(error)
  }
}
if (errors.length === kinds.length) {
  const reasons = errors.map((error) => error.message.split('\n', 1)[0]).join('; ')
  throw new Error(`frontdesk has no addon that runs on ${platform}-${arch}: ${reasons}`, { cause: errors[0] })
}
