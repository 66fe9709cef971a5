// Validates the state machine whose path is given; exits with 1 and the errors where it is invalid.
import validator from 'asl-validator'
import { readFileSync } from 'node:fs'

const validate = validator.default ?? validator
const { isValid, errorsText } = validate(JSON.parse(readFileSync(process.argv[2], 'utf8')))
if (!isValid) {
  console.error(errorsText())
  process.exit(1)
}
