// A host of MCP Apps for tests: the reference host's bridge, between a real MCP endpoint and a card in a frame.
// Bundled by apps_host.py. `window.host.show` connects, calls a tool and shows its card as SEP-1865 has hosts do.

import { AppBridge, getToolUiResourceUri, PostMessageTransport } from "@modelcontextprotocol/ext-apps/app-bridge";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";

const INFO = { name: "A host", version: "1" };
const seen = { opened: [], sizes: [], asked: [] };
let bridge = null;

function writePolicy(csp = {}) {
  const join = (domains, otherwise) => (domains && domains.length ? domains.join(" ") : otherwise);
  const own = join(csp.resourceDomains, "");
  return [
    "default-src 'none'", `script-src 'self' 'unsafe-inline' ${own}`, `style-src 'self' 'unsafe-inline' ${own}`,
    `connect-src ${join(csp.connectDomains, "'none'")}`, `img-src 'self' data: ${own}`, `font-src 'self' ${own}`,
    `frame-src ${join(csp.frameDomains, "'none'")}`, "object-src 'none'", `base-uri ${join(csp.baseUriDomains, "'self'")}`,
  ].join("; ");
}

async function read(client, uri) {
  const { contents: [content] } = await client.readResource({ uri });
  if (content.mimeType !== "text/html;profile=mcp-app") throw new Error(`not a card: ${content.mimeType}`);
  const policy = writePolicy(content._meta?.ui?.csp);
  return content.text.replace("<head>", `<head><meta http-equiv="Content-Security-Policy" content="${policy}">`);
}

// `given`: url of the MCP server, tool, arguments, context of the host; a result to show in place of the tool's answer;
// whether the host refuses to open links.
async function show(given) {
  const client = new Client(INFO, { capabilities: { extensions: { "io.modelcontextprotocol/ui": { mimeTypes: ["text/html;profile=mcp-app"] } } } });
  await client.connect(new StreamableHTTPClientTransport(new URL(given.url)));
  const { tools } = await client.listTools();
  const tool = tools.find(each => each.name === given.tool);
  const html = await read(client, getToolUiResourceUri(tool));
  const result = given.result ?? (await client.callTool({ name: given.tool, arguments: given.arguments ?? {} }));

  const frame = document.getElementById("card");
  bridge = new AppBridge(client, INFO, { openLinks: {} }, { hostContext: given.context ?? {} });
  bridge.onopenlink = async ({ url }) => {
    seen.opened.push(url);
    return given.refuses ? { isError: true } : {};
  };
  bridge.oncalltool = async params => {
    seen.asked.push(params.name);
    return { content: [] };
  };
  bridge.addEventListener("sizechange", ({ height }) => {
    seen.sizes.push(height);
    frame.style.height = `${height}px`;
  });
  const initialized = new Promise(done => bridge.addEventListener("initialized", done));
  await bridge.connect(new PostMessageTransport(frame.contentWindow, frame.contentWindow));
  frame.srcdoc = html;
  await initialized;
  await bridge.sendToolInput({ arguments: given.arguments ?? {} });
  await bridge.sendToolResult(result);
  return { result, extensions: client.getServerCapabilities().extensions };
}

const change = context => bridge.setHostContext(context);
const end = () => bridge.teardownResource({});
window.host = { show, change, end, seen };
