// What the Vercel AI SDK would send to providers of models for the tools of an MCP server, as JSON: for each provider the
// schema of each tool. Argument: the folder the SDK is installed in. Input: the tools as an MCP client has them.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [home] = process.argv.slice(2);
const require = createRequire(`${home}/package.json`);
const load = (name) => import(pathToFileURL(require.resolve(name)).href);
const { generateText } = await load("ai");
const { createMCPClient } = await load("@ai-sdk/mcp");
const { createGoogleGenerativeAI } = await load("@ai-sdk/google");
const { createOpenAI } = await load("@ai-sdk/openai");
const { createAmazonBedrock } = await load("@ai-sdk/amazon-bedrock");

const listed = JSON.parse(readFileSync(0, "utf8"));
const serverInfo = { name: "server", version: "1" };
const transport = {
  async start() {},
  async close() {},
  async send({ id, method, params }) {
    if (id === undefined) return;
    const { protocolVersion } = params ?? {};
    const result =
      method === "initialize" ? { protocolVersion, capabilities: { tools: {} }, serverInfo } : { tools: listed };
    queueMicrotask(() => this.onmessage({ jsonrpc: "2.0", id, result }));
  },
};
const tools = await (await createMCPClient({ transport })).tools();

let sent;
const fetch = async (_, { body }) => {
  sent = JSON.parse(body);
  return new Response("{}", { status: 400 });
};
const openai = createOpenAI({ apiKey: "none", fetch });
const aws = { region: "us-east-1", accessKeyId: "none", secretAccessKey: "none", fetch };
const providers = {
  "Vercel AI with Gemini": [
    createGoogleGenerativeAI({ apiKey: "none", fetch })("gemini-2.5-flash"),
    (body) => body.tools.flatMap((each) => each.functionDeclarations),
    (tool) => tool.parameters ?? tool.parametersJsonSchema,
  ],
  "Vercel AI with OpenAI": [openai("gpt-5"), (body) => body.tools, (tool) => tool.parameters],
  "Vercel AI with OpenAI, completions": [
    openai.chat("gpt-5"),
    (body) => body.tools.map((each) => each.function),
    (tool) => tool.parameters,
  ],
  "Vercel AI with Bedrock": [
    createAmazonBedrock(aws)("anthropic.any"),
    (body) => body.toolConfig.tools.map((each) => each.toolSpec),
    (tool) => tool.inputSchema.json,
  ],
};

const answer = {};
for (const [name, [model, toolsOf, schemaOf]] of Object.entries(providers)) {
  // The answer is an error always, after the request was made.
  await generateText({ model, tools, prompt: "Hello", maxRetries: 0 }).catch(() => {});
  answer[name] = Object.fromEntries(toolsOf(sent).map((tool) => [tool.name, schemaOf(tool)]));
}
process.stdout.write(JSON.stringify(answer));
