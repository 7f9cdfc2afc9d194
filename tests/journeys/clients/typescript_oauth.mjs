// Drives the TypeScript SDK, signed in by OAuth. Arguments: the folder the SDK is installed in, the URL, the headers.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { content, readLine, say, serve } from "./line_by_line.mjs";

const [home, url, headers] = process.argv.slice(2);
const require = createRequire(`${home}/package.json`);
const load = (name) => import(pathToFileURL(require.resolve(name)).href);
const redirect = "http://127.0.0.1:33418/callback";

const stored = {};
const provider = {
  redirectUrl: redirect,
  clientMetadata: {
    client_name: "Journey",
    redirect_uris: [redirect],
    grant_types: ["authorization_code", "refresh_token"],
    response_types: ["code"],
    token_endpoint_auth_method: "none",
  },
  clientInformation: () => stored.client,
  saveClientInformation: (client) => void (stored.client = client),
  tokens: () => stored.tokens,
  saveTokens: (tokens) => void (stored.tokens = tokens),
  codeVerifier: () => stored.verifier,
  saveCodeVerifier: (verifier) => void (stored.verifier = verifier),
  invalidateCredentials: (which) => which === "tokens" && delete stored.tokens,
  redirectToAuthorization: (address) => say({ authorize: address.href }),
};

try {
  const { Client } = await load("@modelcontextprotocol/sdk/client/index.js");
  const { StreamableHTTPClientTransport } = await load("@modelcontextprotocol/sdk/client/streamableHttp.js");
  const open = () =>
    new StreamableHTTPClientTransport(new URL(url), {
      requestInit: { headers: JSON.parse(headers) },
      authProvider: provider,
    });
  const client = new Client({ name: "journey", version: "1.0.0" });
  let transport;

  // What the SDK leaves to an application: to wait for the person, to hand over the code, and to try once more.
  async function signedIn(ask) {
    try {
      return await ask();
    } catch (error) {
      if (error.constructor.name !== "UnauthorizedError") throw error;
      const callback = new URL(JSON.parse(await readLine()).callback);
      if (!callback.searchParams.has("code")) throw error;
      await transport.finishAuth(callback.searchParams.get("code"));
      return ask();
    }
  }

  await signedIn(() => client.connect((transport = open()))); // a transport connects once
  await serve({
    list: async () => (await signedIn(() => client.listTools())).tools,
    call: async (name, given) => content(await signedIn(() => client.callTool({ name, arguments: given }))),
    ping: () => client.ping(),
  });
  await client.close();
} catch (error) {
  say({ raised: String(error) });
}
