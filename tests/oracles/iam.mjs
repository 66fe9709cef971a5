// Reads simulations as JSON from standard input, writes the result of each: Allowed, ImplicitlyDenied, ExplicitlyDenied.
import { runSimulation } from '@cloud-copilot/iam-simulate'
import { readFileSync } from 'node:fs'

const results = []
for (const simulation of JSON.parse(readFileSync(0, 'utf8'))) {
  const response = await runSimulation(simulation, {})
  results.push(response.resultType === 'error' ? `error: ${JSON.stringify(response.errors)}` : response.overallResult)
}
console.log(JSON.stringify(results))
