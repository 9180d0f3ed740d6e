// The bindings draw what changes. Only the document is played; the socket is Node's.

import { Window } from "happy-dom";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { Klatch } from "../src/index.ts";
import { KlatchProvider, useChannels, useMe, useMessages, useStatus, useTyping, useUser } from "../src/react/index.ts";
import { client, type RunningServer, startServer } from "./house.ts";

let server: RunningServer;
let ana: Klatch;
let rui: Klatch;

beforeAll(async () => {
	server = await startServer();
	[ana, rui] = await Promise.all([client(server, "ana"), client(server, "rui")]);
	const window = new Window();
	vi.stubGlobal("window", window);
	vi.stubGlobal("navigator", window.navigator);
	vi.stubGlobal("document", window.document);
});
afterAll(async () => {
	await Promise.all([ana?.close(), rui?.close()]);
	await server?.stop();
});

function Name({ id }: { id: string }) {
	return <b>{useUser(id)?.name ?? "…"}</b>;
}

function Page({ id }: { id: string }) {
	const { items } = useMessages(id);
	const typing = useTyping(id);
	return (
		<>
			<i>{`${useStatus().state} ${useMe()?.user.username} ${useChannels()?.[0]?.name} ${typing.length}`}</i>
			{items.map((item) =>
				item.kind === "message" ? (
					<p key={item.message.seq}>
						<Name id={item.message.actor} />: {item.message.text}
					</p>
				) : null,
			)}
		</>
	);
}

test("a page shows what is said while it is said", async () => {
	const members = [rui.me.get()?.user.id ?? ""];
	const { channel } = await ana.call("channel_create", { kind: "group", name: "React", members });
	const { createRoot } = await import("react-dom/client");
	const place = window.document.createElement("main");
	const root = createRoot(place);
	root.render(
		<KlatchProvider client={ana}>
			<Page id={channel.id} />
		</KlatchProvider>,
	);
	const shown = () => place.textContent;
	await expect.poll(shown).toBe("online ana React 0");
	rui.channel(channel.id).type();
	await expect.poll(shown).toBe("online ana React 1");
	await rui.channel(channel.id).send("Olá");
	const name = (await ana.call("user_get", { user: members[0] ?? "" })).name;
	await expect.poll(shown).toBe(`online ana React 0${name}: Olá`);
	root.unmount();
});
