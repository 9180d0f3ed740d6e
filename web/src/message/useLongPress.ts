// Holding a finger on something, where there is no pointer to hover with.

import { type PointerEvent, useRef } from "react";

const HOLD_MS = 420;
const SLACK_PX = 8;

export function useLongPress(onHold: (target: HTMLElement) => void) {
	const timer = useRef(0);
	const start = useRef({ x: 0, y: 0 });
	const stop = () => window.clearTimeout(timer.current);
	return {
		onPointerDown: (event: PointerEvent<HTMLElement>) => {
			if (event.pointerType !== "touch") return;
			const target = event.currentTarget;
			start.current = { x: event.clientX, y: event.clientY };
			stop();
			timer.current = window.setTimeout(() => {
				navigator.vibrate?.(12);
				onHold(target);
			}, HOLD_MS);
		},
		onPointerMove: (event: PointerEvent<HTMLElement>) => {
			const { x, y } = start.current;
			if (Math.hypot(event.clientX - x, event.clientY - y) > SLACK_PX) stop();
		},
		onPointerUp: stop,
		onPointerCancel: stop,
	};
}
