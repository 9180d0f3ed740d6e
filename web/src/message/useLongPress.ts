// Holding a finger on something, where there is no pointer to hover with.

import { type PointerEvent, type SyntheticEvent, useRef } from "react";

const HOLD_MS = 420;
const SLACK_PX = 8;

export function useLongPress(onHold: (target: HTMLElement) => void) {
	const timer = useRef(0);
	const start = useRef({ x: 0, y: 0 });
	const held = useRef(false);
	const stop = () => window.clearTimeout(timer.current);
	// What was opened must not take the end of the touch for a press beside it.
	const swallow = (event: SyntheticEvent) => {
		if (held.current && event.cancelable) event.preventDefault();
	};
	return {
		onPointerDown: (event: PointerEvent<HTMLElement>) => {
			held.current = false;
			if (event.pointerType !== "touch") return;
			const target = event.currentTarget;
			start.current = { x: event.clientX, y: event.clientY };
			stop();
			timer.current = window.setTimeout(() => {
				held.current = true;
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
		onTouchEnd: swallow,
		onContextMenu: swallow,
	};
}
