// Apollo Gateway at the address the public suite asks its router at.   node gateway.mjs <node_modules>   the supergraph on standard input
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

const require = createRequire(`${process.argv[2]}/`);
const { ApolloGateway } = require("@apollo/gateway");
const { ApolloServer } = require("@apollo/server");
const { startStandaloneServer } = require("@apollo/server/standalone");

const server = new ApolloServer({ gateway: new ApolloGateway({ supergraphSdl: readFileSync(0, "utf8") }) });
await startStandaloneServer(server, { listen: { port: 4000, host: "localhost" } });
console.log("ready");
