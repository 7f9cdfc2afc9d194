// A client of the official TypeScript SDK: whole sessions, each with a list of tools and some calls.
// Arguments: the folder the SDK is installed in, the URL, a tool, its `id`, calls in a session. Then a number of
// sessions a line on stdin; answers their seconds a line.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const [home, url, tool, id, calls] = process.argv.slice(2);
const require = createRequire(`${home}/package.json`);
const load = (name) => import(pathToFileURL(require.resolve(name)).href);
const { Client } = await load("@modelcontextprotocol/sdk/client/index.js");
const { StreamableHTTPClientTransport } = await load("@modelcontextprotocol/sdk/client/streamableHttp.js");

async function session() {
  const client = new Client({ name: "bench", version: "1.0.0" });
  await client.connect(new StreamableHTTPClientTransport(new URL(url)));
  if (!(await client.listTools()).tools.length) throw new Error("The server lists no tools.");
  for (let call = 0; call < Number(calls); call += 1) {
    const result = await client.callTool({ name: tool, arguments: { id } });
    if (result.isError) throw new Error("A call was answered by an error.");
  }
  await client.close();
}

await session();
console.log("ready");
for await (const line of createInterface({ input: process.stdin })) {
  const began = performance.now();
  for (let left = Number(line); left > 0; left -= 1) await session();
  console.log((performance.now() - began) / 1000);
}
