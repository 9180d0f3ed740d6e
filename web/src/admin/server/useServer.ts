// Nodes and figures, asked for again and again while somebody looks.

import { useKlatch } from "@klatch/client/react";
import { useEffect, useState } from "react";
import type { Node, Nodes } from "../wire.ts";
import { type Figures, figures, type Sample } from "./figures.ts";
import { parse } from "./prometheus.ts";

const EVERY_MS = 2_000;
/** Ten minutes. */
const KEPT_MAX = 300;

export interface ServerView {
	/** `undefined` until they are known. */
	nodes: readonly Node[] | undefined;
	/** Of the node that answers, oldest first. */
	figures: readonly Figures[];
	/** Whether the last question was not answered. */
	silent: boolean;
}

export function useServer(): ServerView {
	const klatch = useKlatch();
	const [view, setView] = useState<ServerView>({ nodes: undefined, figures: [], silent: false });
	useEffect(() => {
		let [over, last] = [false, undefined as Sample | undefined];
		let timer = 0;
		const look = async () => {
			if (document.visibilityState === "visible") await ask();
			if (!over) timer = window.setTimeout(look, EVERY_MS);
		};
		const ask = async () => {
			try {
				const [{ nodes }, text] = await Promise.all([
					klatch.rest<Nodes>("GET", "/v1/admin/nodes"),
					klatch.download("/v1/admin/metrics").then((file) => file.text()),
				]);
				const sample = { at: Date.now(), reading: parse(text) };
				const made = last && figures(last, sample);
				last = sample;
				if (over) return;
				setView((view) => ({
					nodes,
					figures: made ? [...view.figures, made].slice(-KEPT_MAX) : view.figures,
					silent: false,
				}));
			} catch {
				if (!over) setView((view) => ({ ...view, silent: true }));
			}
		};
		void look();
		return () => {
			over = true;
			window.clearTimeout(timer);
		};
	}, [klatch]);
	return view;
}
