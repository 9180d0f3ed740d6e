// A meeting product of forty lines, to see how Klatch is put into its pages: one for organizers, one for participants.
//
//   KLATCH_URL=http://127.0.0.1:8080 KLATCH_KEY=kk_… node examples/meeting/host.mjs
//
// It knows who its users are, and asks Klatch for their tokens with the key of its space (docs/embedding.md).

import { readFile } from "node:fs/promises";
import { createServer } from "node:http";

const { KLATCH_URL: klatch = "http://127.0.0.1:8080", KLATCH_KEY: key, PORT: port = "8090" } = process.env;
if (!key) throw new Error("KLATCH_KEY is needed: klatch space key add SPACE meetings");

/** Asks Klatch as the product's back end. */
async function ask(method, path, body) {
	const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
	const response = await fetch(new URL(path, klatch), { method, headers, body: JSON.stringify(body) });
	const answer = response.status === 204 ? undefined : await response.json();
	if (!response.ok) throw new Error(`${method} ${path}: ${answer.title} ${answer.detail ?? ""}`);
	return answer;
}

const organizer = await ask("POST", "/v1/users", { username: `olga-${Date.now()}`, name: "Olga Organizer" });
const meeting = await ask("POST", "/v1/channels", { kind: "meeting", name: "Weekly meeting", members: [organizer.id] });
await ask("PATCH", `/v1/channels/${meeting.id}/members/${organizer.id}`, { role: "owner" });

/** Whoever opens a page is signed in to the product already; here the page itself says as whom. */
async function tokenOf(role, name) {
	if (role === "organizer") return (await ask("POST", "/v1/tokens", { user: organizer.id })).access_token;
	const channels = [{ channel: meeting.id }];
	return (await ask("POST", "/v1/guests", { name, username: `guest-${name.toLowerCase()}`, channels })).access_token;
}

const server = createServer(async (request, response) => {
	const { pathname, searchParams } = new URL(request.url, "http://host");
	const answer = (status, type, body) => response.writeHead(status, { "content-type": type }).end(body);
	try {
		const page = pathname.match(/^\/(organizer|participant)$/)?.[1];
		if (page) {
			const html = await readFile(new URL(`${page}.html`, import.meta.url), "utf8");
			answer(200, "text/html", html.replaceAll("{{klatch}}", klatch).replaceAll("{{channel}}", meeting.id));
		} else if (pathname === "/page.css") {
			answer(200, "text/css", await readFile(new URL("page.css", import.meta.url)));
		} else if (pathname === "/token") {
			answer(200, "text/plain", await tokenOf(searchParams.get("role"), searchParams.get("name") ?? "Paul"));
		} else answer(404, "text/plain", "There are /organizer and /participant?name=Paul");
	} catch (error) {
		console.error(error);
		answer(500, "text/plain", "The chat server did not answer");
	}
});
server.listen(Number(port), "127.0.0.1", () => {
	const at = `http://127.0.0.1:${server.address().port}`;
	console.log(`organizer    ${at}/organizer\nparticipant  ${at}/participant?name=Paul`);
});
