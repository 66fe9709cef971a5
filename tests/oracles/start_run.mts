// A client that @hey-api/openapi-ts generated into ./generated starts a run: prints its id, or what the API refused.
import { AwsClient } from "aws4fetch";
import { startRun } from "GENERATED";
import { client } from "GENERATED/client.gen";

const env = process.env as Record<string, string>;
const aws = new AwsClient({
  accessKeyId: env.AWS_ACCESS_KEY_ID,
  secretAccessKey: env.AWS_SECRET_ACCESS_KEY,
  region: env.AWS_REGION,
  service: "execute-api",
});
client.setConfig({ baseUrl: env.RFT_API_URL, fetch: (input: RequestInfo | URL) => aws.fetch(input as Request) });
const { data, error } = await startRun({
  body: { name: "from-typescript", mode: "preflight", dataset: { task: "pandalm", uri: env.DATASET } },
});
console.log(data ? data.run_id : JSON.stringify(error));
process.exit(data ? 0 : 1);
