// The loop of every client in JavaScript: reads one JSON command a line, writes one JSON answer a line.
import { createInterface } from "node:readline";

export const say = (value) => process.stdout.write(JSON.stringify(value) + "\n");

let lines;

// The next line; undefined at the end. One reader for all: a client that signs in reads lines in the midst of a command.
export async function readLine() {
  lines ??= createInterface({ input: process.stdin })[Symbol.asyncIterator]();
  return (await lines.next()).value;
}

export async function serve({ list, call, ping, read }) {
  say({ connected: true });
  for (let line; (line = await readLine()) !== undefined; ) {
    const command = JSON.parse(line);
    try {
      if (command.do === "list") say({ tools: await list() });
      else if (command.do === "ping") say((await ping(), { alive: true }));
      else if (command.do === "read" && read) say({ contents: await read(command.uri) });
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
    content: result.content,
    text: result.content.map((part) => part.text ?? "").join(""),
    parts: others.map((part) => {
      const inner = part.resource ?? part;
      return { type: part.type, data: inner.blob ?? inner.data ?? null, uri: inner.uri ?? null };
    }),
  };
}
