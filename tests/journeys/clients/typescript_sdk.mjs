// Drives the TypeScript SDK. Arguments: the folder the SDK is installed in, the URL, the headers.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { content, say, serve } from "./line_by_line.mjs";

const [home, url, headers] = process.argv.slice(2);
const require = createRequire(`${home}/package.json`);
const load = (name) => import(pathToFileURL(require.resolve(name)).href);

try {
  const { Client } = await load("@modelcontextprotocol/sdk/client/index.js");
  const { StreamableHTTPClientTransport } = await load("@modelcontextprotocol/sdk/client/streamableHttp.js");
  const client = new Client({ name: "journey", version: "1.0.0" });
  await client.connect(
    new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers: JSON.parse(headers) } }),
  );
  await serve({
    list: async () => (await client.listTools()).tools,
    call: async (name, given) => content(await client.callTool({ name, arguments: given })),
    ping: () => client.ping(),
    read: (uri) => client.readResource({ uri }),
  });
  await client.close();
} catch (error) {
  say({ raised: String(error) });
}
