// The loop of every client in JavaScript: reads one JSON command a line, writes one JSON answer a line.
import { createInterface } from "node:readline";

export const say = (value) => process.stdout.write(JSON.stringify(value) + "\n");

export async function serve({ list, call, ping, read }) {
  say({ connected: true });
  for await (const line of createInterface({ input: process.stdin })) {
    const command = JSON.parse(line);
    try {
      if (command.do === "list") say({ tools: await list() });
      else if (command.do === "ping") say((await ping(), { alive: true }));
      else if (command.do === "read") say({ contents: (await read(command.uri)).contents });
      else say(await call(command.tool, command.arguments));
    } catch (error) {
      say({ raised: String(error) });
    }
  }
}

// The content of a result of MCP as a command is answered.
export function content(result) {
  const others = result.content.filter((part) => part.type !== "text");
  return {
    is_error: Boolean(result.isError),
    text: result.content.map((part) => part.text ?? "").join(""),
    content: result.content,
    parts: others.map((part) => {
      const inner = part.resource ?? part;
      return { type: part.type, data: inner.blob ?? inner.data ?? null, uri: inner.uri ?? null };
    }),
  };
}
