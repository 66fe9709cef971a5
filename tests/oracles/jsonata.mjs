// Reads [{query, bindings}] as JSON from standard input, writes [{value}] or [{error}]; undefined is null.
import jsonata from 'jsonata'
import { readFileSync } from 'node:fs'

const results = []
for (const { query, bindings } of JSON.parse(readFileSync(0, 'utf8'))) {
  try {
    results.push({ value: (await jsonata(query).evaluate(null, bindings)) ?? null })
  } catch (error) {
    results.push({ error: error.code ?? String(error) })
  }
}
console.log(JSON.stringify(results))
