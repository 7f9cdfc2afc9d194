// JSON-RPC without an SDK, by fetch. Arguments: the URL and headers.
import { content, say, serve } from "./line_by_line.mjs";

const [url, headers] = process.argv.slice(2);
let last = 0;

async function send(message) {
  const fields = { "content-type": "application/json", ...JSON.parse(headers) };
  const answer = await fetch(url, { method: "POST", headers: fields, body: JSON.stringify(message) });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${answer.status} ${text}`);
  return text ? JSON.parse(text) : {};
}

async function ask(method, params = {}) {
  const answer = await send({ jsonrpc: "2.0", id: ++last, method, params });
  if (answer.error) throw new Error(JSON.stringify(answer.error));
  return answer.result;
}

try {
  const clientInfo = { name: "by-hand", version: "1" };
  await ask("initialize", { protocolVersion: "2025-11-25", capabilities: {}, clientInfo });
  await send({ jsonrpc: "2.0", method: "notifications/initialized" });
  await serve({
    list: async () => (await ask("tools/list")).tools,
    call: async (name, given) => content(await ask("tools/call", { name, arguments: given })),
    ping: () => ask("ping"),
  });
} catch (error) {
  say({ raised: String(error) });
}
