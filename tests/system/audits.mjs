// Runs the audits of graphql-http against URL with the token on standard input; prints one JSON line: [{id, name, status, reason}].
// node audits.mjs <node_modules> <url>
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

const [modules, url] = process.argv.slice(2);
const token = readFileSync(0, "utf8").trim();
const { serverAudits } = createRequire(`${modules}/`)("graphql-http");

const fetchFn = (address, init = {}) =>
  fetch(address, { ...init, headers: { ...init.headers, authorization: `Bearer ${token}` } });

const results = [];
for (const audit of serverAudits({ url, fetchFn })) {
  const { id, name, status, reason = "" } = await audit.fn();
  results.push({ id, name, status, reason });
}
process.stdout.write(JSON.stringify(results));
