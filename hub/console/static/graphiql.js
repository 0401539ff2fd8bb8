"use strict";
// Starts GraphiQL over this hub. Variables may hold ID numbers, so nothing is kept in the browser's storage.
(function () {
  const kept = new Map();
  const memory = {
    get length() { return kept.size; },
    getItem: (key) => (kept.has(key) ? kept.get(key) : null),
    setItem: (key, value) => { kept.set(key, String(value)); },
    removeItem: (key) => { kept.delete(key); },
    clear: () => { kept.clear(); },
  };

  async function ask(parameters, options) {
    if (parameters.operationName === "IntrospectionQuery") {
      return (await fetch("/graphiql/schema.json")).json();
    }
    const answer = await fetch("/graphql", {
      method: "POST",
      headers: {
        ...(options && options.headers),
        "Content-Type": "application/json",
        Accept: "application/graphql-response+json",
      },
      body: JSON.stringify({ query: parameters.query, operationName: parameters.operationName, variables: parameters.variables }),
      credentials: "omit",
      referrerPolicy: "no-referrer",
    });
    return answer.json();
  }

  const editor = React.createElement(GraphiQL, {
    fetcher: ask,
    storage: memory,
    shouldPersistHeaders: false,
    defaultHeaders: '{"Authorization": "Bearer "}',
    defaultQuery: "# 一次提问只有一个用途、一个依据、一个事项。证件号码只能放在变量里。\n# ID numbers travel only in variables.\n",
  });
  ReactDOM.createRoot(document.getElementById("graphiql")).render(editor);
})();
