// Drives node-quickbooks: reads one JSON command a line, writes one JSON answer a line.
// Arguments: the folder it is installed in, the address of the simulator, the realm, the tokens.
// A command is {"call": method, "arguments": [...]}; an argument {"file": path} becomes a stream of that file.
const { createReadStream } = require("node:fs");
const { createRequire } = require("node:module");
const { createInterface } = require("node:readline");

const [home, address, realm, access, refresh] = process.argv.slice(2);
const QuickBooks = createRequire(`${home}/package.json`)("node-quickbooks");

// Its own settings of where the service is; nothing of it is replaced.
QuickBooks.V3_ENDPOINT_BASE_URL = `${address}/v3/company/`;
QuickBooks.TOKEN_URL = `${address}/oauth2/v1/tokens/bearer`;
QuickBooks.REVOKE_URL = `${address}/v2/oauth2/tokens/revoke`;

const client = new QuickBooks(
  "sandbox-client", "sandbox-secret", access, false, realm, true, false, 75, "2.0", refresh,
);
const prepared = (value) => (value && value.file ? createReadStream(value.file) : value);
const shown = (value) => (Buffer.isBuffer(value) ? { bytes: value.toString("base64") } : value);

function refused(error, body) {
  const response = error.response || {}; // an axios error, unless the answer was 200 with a fault in it
  return { refused: response.data || body || String(error), status: response.status || 200 };
}

function run(command) {
  return new Promise((resolve) => {
    const done = (error, body) => resolve(error ? refused(error, body) : { value: shown(body) });
    client[command.call](...command.arguments.map(prepared), done);
  });
}

(async () => {
  for await (const line of createInterface({ input: process.stdin })) {
    process.stdout.write(JSON.stringify(await run(JSON.parse(line))) + "\n");
  }
})();
