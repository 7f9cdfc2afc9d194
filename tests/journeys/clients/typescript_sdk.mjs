// Drives the TypeScript SDK: reads one JSON command a line, writes one JSON answer a line.
// Arguments: the folder the SDK is installed in, the URL, the headers.
import { createInterface } from "node:readline";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [home, url, headers] = process.argv.slice(2);
const require = createRequire(`${home}/package.json`);
const load = (name) => import(pathToFileURL(require.resolve(name)).href);
const say = (value) => process.stdout.write(JSON.stringify(value) + "\n");

try {
  const { Client } = await load("@modelcontextprotocol/sdk/client/index.js");
  const { StreamableHTTPClientTransport } = await load("@modelcontextprotocol/sdk/client/streamableHttp.js");
  const client = new Client({ name: "journey", version: "1.0.0" });
  await client.connect(
    new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers: JSON.parse(headers) } }),
  );
  say({ connected: true });
  for await (const line of createInterface({ input: process.stdin })) {
    const command = JSON.parse(line);
    try {
      if (command.do === "list") {
        say({ tools: (await client.listTools()).tools });
      } else if (command.do === "read") {
        say({ contents: (await client.readResource({ uri: command.uri })).contents });
      } else {
        const result = await client.callTool({ name: command.tool, arguments: command.arguments });
        say({
          is_error: Boolean(result.isError),
          text: result.content.map((part) => part.text ?? "").join(""),
          content: result.content,
        });
      }
    } catch (error) {
      say({ raised: String(error) });
    }
  }
  await client.close();
} catch (error) {
  say({ raised: String(error) });
}
