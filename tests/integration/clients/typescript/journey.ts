// An ERP's day with the client that openapi-typescript makes: `node journey.js <base url> <password>`.
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import createClient from "openapi-fetch";
import { Webhook, WebhookVerificationError } from "standardwebhooks";
import type { components, paths } from "./schema";

type Sale = components["schemas"]["SaleInput"];
type Change = components["schemas"]["Change"];
type Problem = components["schemas"]["Problem"];

function check(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(what);
}

const [, , baseUrl, password] = process.argv;
check(baseUrl !== undefined && password !== undefined, "two arguments are needed");
const stranger = createClient<paths>({ baseUrl });

const loggedIn = await stranger.POST("/api/token", { body: { username: "demo", password } });
check(loggedIn.data !== undefined && "access" in loggedIn.data, "no token");
const headers = { Authorization: `Bearer ${loggedIn.data.access}` };
const erp = createClient<paths>({ baseUrl, headers });

let sales = 0;
const aSale = (): Sale => ({
  sale_id: `typescript-${Date.now()}-${++sales}`,
  sold_at: new Date(Date.now() - 60_000).toISOString(),
  customer: { document: "52998224725", name: "JOSE DA SILVA" },
  total: "100.00",
  products: [
    { type: "A", value: "10.00", qty: 1 },
    { type: "B", value: 10, qty: "9", amount: "90.00" },
  ],
  payments: [{ kind: "pix", value: "100.00" }],
  store: "12",
});
const sale = aSale();
const first = await erp.POST("/api/cashbacks", { body: sale });
check(first.response.status === 201 && first.data !== undefined, "the sale is not taken");
const again = await erp.POST("/api/cashbacks", { body: sale });
check(again.response.headers.get("Idempotent-Replayed") === "true", "the repeat is another sale");
check(again.data?.id === first.data.id && again.data.cashback === "1.40", "another answer");

const read = await erp.GET("/api/cashbacks/{id}", { params: { path: { id: first.data.id } } });
const last = read.data?.events.at(-1);
check(last !== undefined && last.to_status === "applied", "no last event");
check(read.data?.explanation?.at(-1)?.text === "Together 1.40.", "not explained");
check(read.data.customer?.document_type === "cpf" && read.data.store === "12", "not as it was told");
const listed = await erp.GET("/api/cashbacks", { params: { query: { limit: 1 } } });
check(typeof listed.data === "object", "no page"); // it may be asked for as CSV, too
check(listed.data.items[0]?.id === first.data.id, "not the newest");

const wrong = await erp.POST("/api/cashbacks", { body: { ...sale, total: "90.00" } });
check(wrong.error !== undefined, "a wrong total is taken");
const problem: Problem = wrong.error;
check(problem.code === "invalid_sale", "another problem");
check(problem.errors[0]?.code === "total_mismatch", "another error");

// A batch with one wrong sale, twice: each is told of by itself.
const batch = { sales: [aSale(), { ...aSale(), total: "90.00" }, aSale()] };
const told = await erp.POST("/api/cashbacks/batch", {
  body: batch,
  params: { header: { Prefer: "wait=10" } },
});
check(told.data?.results.map((result) => result.status).join() === "201,422,201", "not one by one");
const one = told.data.results[0]?.body;
check(one !== undefined && "cashback" in one && one.status === "applied", "not paid");
const refused = told.data.results[1]?.body;
check(refused !== undefined && "errors" in refused, "taken");
check(refused.errors[0]?.code === "total_mismatch", "refused for another reason");
const repeated = await erp.POST("/api/cashbacks/batch", { body: batch });
check(repeated.data?.results[2]?.replayed === true, "paid once more");

// Found by its own number, with the total; and what becomes of a sale, from now on.
const found = await erp.GET("/api/cashbacks", {
  params: { query: { sale_id: first.data.sale_id ?? "", total: true } },
});
check(typeof found.data === "object", "no page"); // it may be asked for as CSV, too
check(found.data.items[0]?.id === first.data.id, "not found by its number");
check(found.data.total?.cashback === "1.40", "another total");
const start = await erp.GET("/api/changes", { params: { query: { after: "now" } } });
check(start.data !== undefined, "no feed");
const next = await erp.POST("/api/cashbacks", { body: aSale() });
const changes = await erp.GET("/api/changes", {
  params: { query: { after: start.data.next_cursor, wait: 5 } },
});
const change = changes.data?.items.filter((item) => item.data.cashback_id === next.data?.id).at(-1);
check(change?.type === "cashback.applied", "its end is not told");

// A webhook of a sale, to a receiver on this machine: its signature is good, and no other body's is.
const asAdmin = await stranger.POST("/api/token", { body: { username: "admin-1", password } });
check(asAdmin.data !== undefined && "access" in asAdmin.data, "no token");
const admin = createClient<paths>({
  baseUrl,
  headers: { Authorization: `Bearer ${asAdmin.data.access}` },
});
let come: (message: { headers: IncomingHttpHeaders; body: string }) => void;
const message = new Promise<{ headers: IncomingHttpHeaders; body: string }>((resolve) => {
  come = resolve;
});
const receiver = createServer(async (request, response) => {
  let body = "";
  for await (const part of request.setEncoding("utf8")) body += part;
  response.writeHead(204).end();
  come({ headers: request.headers, body });
});
await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/typescript`;
const issued = await admin.POST("/api/webhooks", { body: { url, types: ["cashback.applied"] } });
check(issued.data !== undefined, "no endpoint");
const sold = await erp.POST("/api/cashbacks", { body: aSale() });
const { headers: signed, body } = await message;
receiver.closeAllConnections();
receiver.close();
const webhook = new Webhook(issued.data.secret);
const verified = webhook.verify(body, signed as Record<string, string>) as Change;
check(verified.type === "cashback.applied", "another type");
check(verified.data.cashback_id === sold.data?.id && body.includes("1.40"), "another sale");
for (const forged of [body.replace("1.40", "9.40"), `${body} `]) {
  try {
    webhook.verify(forged, signed as Record<string, string>);
  } catch (error) {
    check(error instanceof WebhookVerificationError, "refused for another reason");
    continue;
  }
  throw new Error("a forged message is taken");
}

const nobody = await stranger.GET("/api/cashbacks");
check(nobody.error?.code === "unauthenticated", "nobody gets in");
console.log("done");
