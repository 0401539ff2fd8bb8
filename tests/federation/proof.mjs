// A DPoP proof (RFC 9449) for one POST: the router holds the key the asker's token is bound to.
import { createHash, createPrivateKey, randomUUID, sign } from "node:crypto";

const encoded = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");

export const prover = (jwk, now) => {
  const key = createPrivateKey({ key: jwk, format: "jwk" });
  const { kty, crv, x, y } = jwk;
  return (url, token) => {
    const ath = createHash("sha256").update(token).digest("base64url");
    const head = encoded({ typ: "dpop+jwt", alg: "ES256", jwk: { kty, crv, x, y } });
    const text = `${head}.${encoded({ htm: "POST", htu: url, jti: randomUUID(), iat: now, ath })}`;
    return `${text}.${sign("sha256", Buffer.from(text), { key, dsaEncoding: "ieee-p1363" }).toString("base64url")}`;
  };
};
