// Composes subgraphs by both public libraries; prints one JSON line: {apollo: {supergraph, errors, hints}, guild: {supergraph, errors}}.
// node compose.mjs <node_modules>   with [{name, url, sdl}] on standard input
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

const require = createRequire(`${process.argv[2]}/`);
const { parse } = require("graphql");
const apollo = require("@apollo/composition");
const guild = require("@theguild/federation-composition");

const services = JSON.parse(readFileSync(0, "utf8")).map(({ name, url, sdl }) => ({ name, url, typeDefs: parse(sdl) }));
const messages = (errors) => (errors ?? []).map((error) => error.message);

const one = apollo.composeServices(services);
const two = guild.composeServices(services);
process.stdout.write(JSON.stringify({
  apollo: { supergraph: one.supergraphSdl ?? "", errors: messages(one.errors), hints: messages(one.hints) },
  guild: { supergraph: two.supergraphSdl ?? "", errors: messages(two.errors) },
}));
