// What is loaded into <klatch-chat>: the client, and the conversation in the element's shadow.

import { Klatch } from "@klatch/client";
import { KlatchProvider } from "@klatch/client/react";
import { createRoot } from "react-dom/client";
import { Router } from "wouter";
import { memoryLocation } from "wouter/memory-location";
import { EmojiHost } from "../emoji/EmojiHost.tsx";
import { isLanguage } from "../i18n/language.ts";
import { WordsProvider } from "../i18n/Words.tsx";
import { DialogHost } from "../ui/Dialogs.tsx";
import { MenuHost } from "../ui/Menu.tsx";
import { PlaceProvider } from "../ui/Place.tsx";
import { Toasts } from "../ui/Toasts.tsx";
import { Chat } from "./Chat.tsx";
import { adopt } from "./style.ts";
import { showTheme } from "./theme.ts";

/** What the element is told. */
export interface WidgetOptions {
	channel: string;
	/** Origin of the server. */
	server: string;
	/** Whether those who run the meeting look at it, or those who take part. What they may do, the token says. */
	role: "organizer" | "participant";
	theme: string | null;
	language: string | null;
	token(fresh: boolean): string | Promise<string>;
}

/** An element with something in it. */
export interface Mounted {
	/** Shows what the options say, whatever was shown before. */
	show(options: WidgetOptions): void;
	/** Ends the connection and shows nothing more. */
	end(): void;
}

/** Fills an element. It tells its page `klatch:unread` (how many messages) and `klatch:ended` (why). */
export function mount(element: HTMLElement, shadow: ShadowRoot): Mounted {
	adopt(shadow);
	const place = document.createElement("div");
	place.className = "klatch";
	shadow.append(place);
	const root = createRoot(place);
	const tell = (kind: string, detail: unknown) => element.dispatchEvent(new CustomEvent(`klatch:${kind}`, { detail }));
	let current: WidgetOptions | undefined;
	let client: Promise<Klatch> | undefined;
	let stop = () => {};
	// The page's address is the page's.
	const { hook } = memoryLocation();

	const connect = async (options: WidgetOptions): Promise<Klatch> => {
		const owner = await ownerOf(options);
		// The newest callback of the page is asked, whichever was there when the connection was made.
		const token = (fresh: boolean) => (current ?? options).token(fresh);
		return Klatch.open({
			url: options.server,
			name: "klatch-widget",
			token,
			...(owner === undefined ? {} : { owner: `widget ${owner}` }),
		});
	};
	const draw = (klatch: Klatch, { channel, role, language }: WidgetOptions) =>
		root.render(
			<PlaceProvider value={place}>
				<WordsProvider fixed={isLanguage(language) ? language : "browser"}>
					<KlatchProvider client={klatch}>
						<Toasts>
							<EmojiHost>
								<DialogHost>
									<MenuHost>
										<Router hook={hook}>
											<Chat key={channel} id={channel} role={role} tell={tell} />
										</Router>
									</MenuHost>
								</DialogHost>
							</EmojiHost>
						</Toasts>
					</KlatchProvider>
				</WordsProvider>
			</PlaceProvider>,
		);
	const close = () => void client?.then((klatch) => klatch.close());
	return {
		show(options) {
			const before = current;
			current = options;
			stop();
			stop = showTheme(element, options.theme);
			if (before?.server !== options.server || (before && isOver(client))) {
				close();
				client = connect(options);
			}
			client?.then(
				(klatch) => {
					ended.set(client as Promise<Klatch>, klatch);
					if (current === options) draw(klatch, options);
				},
				() => tell("ended", { why: "no_token" }),
			);
		},
		end() {
			stop();
			close();
			root.unmount();
			place.remove();
		},
	};
}

/** Clients that have been opened, to see which of them are over. */
const ended = new WeakMap<Promise<Klatch>, Klatch>();

/** Whether a client has ended for good, so that a new token makes another one. */
function isOver(client: Promise<Klatch> | undefined): boolean {
	return client !== undefined && ended.get(client)?.status.get().state === "ended";
}

/** Whose token it is, so that their messages and what waits to be sent are kept apart from others'. Whoever cannot be told is
 * nobody, and nothing is kept. The server alone decides what a token is worth. */
async function ownerOf(options: WidgetOptions): Promise<string | undefined> {
	const token = await options.token(false);
	try {
		const claims = JSON.parse(atob((token.split(".")[1] ?? "").replace(/-/g, "+").replace(/_/g, "/")));
		return typeof claims.sub === "string" ? `${claims.iss ?? ""} ${claims.sub}` : undefined;
	} catch {
		return undefined;
	}
}
