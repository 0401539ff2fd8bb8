// Apollo Gateway before the subgraphs; prints its port. The asker's token goes to the hub alone, each call with a proof of its own.
// node apollo.mjs <node_modules>   with {supergraph, hub, key, now} on standard input
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { prover } from "./proof.mjs";

const require = createRequire(`${process.argv[2]}/`);
const { ApolloGateway, RemoteGraphQLDataSource } = require("@apollo/gateway");
const { ApolloServer } = require("@apollo/server");
const { startStandaloneServer } = require("@apollo/server/standalone");

const { supergraph, hub, key, now } = JSON.parse(readFileSync(0, "utf8"));
const proof = prover(key, now);

class Source extends RemoteGraphQLDataSource {
  willSendRequest({ request, context }) {
    if (this.url !== hub || !context.token) return;
    request.http.headers.set("authorization", `DPoP ${context.token}`);
    request.http.headers.set("dpop", proof(hub, context.token));
    request.http.headers.set("parent-question", context.question);
  }
}

const server = new ApolloServer({
  gateway: new ApolloGateway({ supergraphSdl: supergraph, buildService: ({ url }) => new Source({ url }) }),
  introspection: false,
});
const { url } = await startStandaloneServer(server, {
  listen: { port: 0, host: "127.0.0.1" },
  context: async ({ req }) => ({
    token: (req.headers.authorization ?? "").replace(/^\w+ /, ""), question: req.headers["parent-question"],
  }),
});
console.log(new URL(url).port);
