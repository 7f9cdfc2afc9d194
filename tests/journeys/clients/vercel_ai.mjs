// Drives the MCP client of the Vercel AI SDK, through the tools that a model of it gets.
// Arguments: the folder the SDK is installed in, the URL, the headers.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { content, say, serve } from "./line_by_line.mjs";

const [home, url, headers] = process.argv.slice(2);
const require = createRequire(`${home}/package.json`);
const load = (name) => import(pathToFileURL(require.resolve(name)).href);

try {
  const { createMCPClient } = await load("@ai-sdk/mcp");
  const client = await createMCPClient({ transport: { type: "http", url, headers: JSON.parse(headers) } });
  const tools = await client.tools();
  await serve({
    list: async () => (await client.listTools()).tools,
    // A tool that was not listed is asked for at the client: a model has no tool for it.
    call: async (name, given) =>
      content(
        name in tools
          ? await tools[name].execute(given, { toolCallId: "1", messages: [] })
          : await client.callTool({ name, arguments: given }),
      ),
    ping: () => client.listTools(),
  });
  await client.close();
} catch (error) {
  say({ raised: String(error) });
}
