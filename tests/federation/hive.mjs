// Hive Gateway before the subgraphs; prints its port. The asker's token goes to the hub alone, each call with a proof of its own.
// node hive.mjs <node_modules>   with {supergraph, hub, key, now} on standard input
import { createRequire } from "node:module";
import { createServer } from "node:http";
import { readFileSync } from "node:fs";
import { prover } from "./proof.mjs";

const require = createRequire(`${process.argv[2]}/`);
const { createGatewayRuntime } = require("@graphql-hive/gateway-runtime");

const { supergraph, hub, key, now } = JSON.parse(readFileSync(0, "utf8"));
const proof = prover(key, now);

const gateway = createGatewayRuntime({
  supergraph,
  logging: false,
  plugins: () => [{
    onFetch({ url, options, setOptions, context }) {
      const token = (context?.headers?.authorization ?? "").replace(/^\w+ /, "");
      if (url !== hub || !token) return;
      setOptions({ ...options, headers: {
        ...options.headers, authorization: `DPoP ${token}`, dpop: proof(hub, token), "parent-question": context.headers["parent-question"],
      } });
    },
  }],
});
const server = createServer(gateway);
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
