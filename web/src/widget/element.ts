// <klatch-chat>: a channel on any page. This file is all that a page loads at first; the rest comes when the element comes
// into view.

import type { Mounted } from "./mount.tsx";

/** A token, or what gives one; asked again with `true` when the server refused the last one. */
export type HostToken = string | ((fresh: boolean) => string | Promise<string>);

const TAG = "klatch-chat";
/** How far outside the window the element is when the rest begins to load. */
const AHEAD = "200px";

/** What the element looks like before there is anything in it, so that nothing moves when there is. */
const RESERVED = ":host{display:block;block-size:32rem;contain:strict;overflow:hidden}:host([hidden]){display:none}";

class KlatchChat extends HTMLElement {
	static readonly observedAttributes = ["channel", "server", "role", "theme", "lang"];
	readonly #shadow = this.attachShadow({ mode: "open" });
	#token: HostToken | undefined;
	#mounted: Promise<Mounted> | undefined;
	#watch: IntersectionObserver | undefined;

	constructor() {
		super();
		const sheet = new CSSStyleSheet();
		sheet.replaceSync(RESERVED);
		this.#shadow.adoptedStyleSheets = [sheet];
		// A page may have set it before this class was there.
		const { token } = this;
		if (Object.hasOwn(this, "token")) {
			Reflect.deleteProperty(this, "token");
			this.#token = token;
		}
	}

	/** The user's token. */
	get token(): HostToken | undefined {
		return this.#token;
	}

	set token(token: HostToken | undefined) {
		this.#token = token;
		this.#change();
	}

	connectedCallback(): void {
		if (this.getAttribute("loading") === "eager") return this.#change();
		this.#watch = new IntersectionObserver(
			(entries) => {
				if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
				this.#watch?.disconnect();
				this.#watch = undefined;
				this.#change();
			},
			{ rootMargin: AHEAD },
		);
		this.#watch.observe(this);
	}

	disconnectedCallback(): void {
		this.#watch?.disconnect();
		this.#watch = undefined;
		const mounted = this.#mounted;
		this.#mounted = undefined;
		// A page that only moves the element puts it back at once.
		queueMicrotask(() => {
			if (!this.isConnected) mounted?.then((mounted) => mounted.end());
			else this.#mounted = mounted;
		});
	}

	attributeChangedCallback(): void {
		this.#change();
	}

	/** Shows what the attributes say, as soon as there are a channel and a token and the element has been seen. */
	#change(): void {
		const channel = this.getAttribute("channel");
		const token = this.#token;
		if (!this.isConnected || this.#watch || !channel || token === undefined) return;
		const options = {
			channel,
			server: new URL(this.getAttribute("server") ?? "/", import.meta.url).origin,
			role: this.getAttribute("role") === "organizer" ? ("organizer" as const) : ("participant" as const),
			theme: this.getAttribute("theme"),
			language: this.getAttribute("lang"),
			token: typeof token === "string" ? () => token : token,
		};
		this.#mounted ??= pageIsThere()
			.then(() => import("./mount.tsx"))
			.then(({ mount }) => mount(this, this.#shadow));
		this.#mounted.then(
			(mounted) => mounted.show(options),
			() => {
				// The next change, such as a new token, tries again.
				this.#mounted = undefined;
				this.dispatchEvent(new CustomEvent("klatch:ended", { detail: { why: "not_loaded" } }));
			},
		);
	}
}

/** The page comes first: nothing is loaded until it has all that it wanted, and has a moment. */
function pageIsThere(): Promise<void> {
	return new Promise((resolve) => {
		// Safari has no idle callbacks.
		const idle = () => ("requestIdleCallback" in window ? requestIdleCallback(() => resolve()) : setTimeout(resolve));
		if (document.readyState === "complete") idle();
		else window.addEventListener("load", idle, { once: true });
	});
}

if (!customElements.get(TAG)) customElements.define(TAG, KlatchChat);
