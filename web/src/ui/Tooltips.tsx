// One tooltip for the whole page: of whatever has `data-tip` and is pointed at or focused. It says what the element's
// own label says already, so screen readers need not hear of it. Escape takes it away (WCAG 1.4.13).

import { useEffect, useRef, useState } from "react";

const DELAY_MS = 350;
const GAP_PX = 6;
const MARGIN_PX = 6;

interface Shown {
	text: string;
	of: DOMRect;
}

export function Tooltips() {
	const [shown, setShown] = useState<Shown>();
	const box = useRef<HTMLDivElement>(null);

	useEffect(() => {
		let timer = 0;
		let current: Element | null = null;
		const hide = () => {
			window.clearTimeout(timer);
			current = null;
			setShown(undefined);
		};
		const show = (target: EventTarget | null, delay: number) => {
			const element = target instanceof Element ? target.closest("[data-tip]") : null;
			if (element === current) return;
			hide();
			const text = element?.getAttribute("data-tip");
			if (!element || !text) return;
			current = element;
			timer = window.setTimeout(() => {
				if (element.isConnected) setShown({ text, of: element.getBoundingClientRect() });
			}, delay);
		};
		const over = (event: PointerEvent) => event.pointerType === "mouse" && show(event.target, DELAY_MS);
		const focus = (event: FocusEvent) => {
			if (event.target instanceof Element && event.target.matches(":focus-visible")) show(event.target, 0);
		};
		const key = (event: KeyboardEvent) => event.key === "Escape" && hide();
		document.addEventListener("pointerover", over);
		document.addEventListener("pointerdown", hide);
		document.addEventListener("focusin", focus);
		document.addEventListener("focusout", hide);
		document.addEventListener("keydown", key);
		document.addEventListener("scroll", hide, true);
		return () => {
			window.clearTimeout(timer);
			document.removeEventListener("pointerover", over);
			document.removeEventListener("pointerdown", hide);
			document.removeEventListener("focusin", focus);
			document.removeEventListener("focusout", hide);
			document.removeEventListener("keydown", key);
			document.removeEventListener("scroll", hide, true);
		};
	}, []);

	useEffect(() => {
		const element = box.current;
		if (!element || !shown) return;
		const { width, height } = element.getBoundingClientRect();
		const above = shown.of.top - height - GAP_PX;
		const left = shown.of.left + shown.of.width / 2 - width / 2;
		element.style.top = `${above >= MARGIN_PX ? above : shown.of.bottom + GAP_PX}px`;
		element.style.left = `${Math.max(MARGIN_PX, Math.min(left, window.innerWidth - width - MARGIN_PX))}px`;
	}, [shown]);

	if (!shown) return null;
	return (
		<div
			ref={box}
			aria-hidden="true"
			className="pointer-events-none fixed top-0 left-0 z-50 max-w-72 animate-fade rounded-sm bg-ink px-2 py-1 text-xs font-medium text-canvas"
		>
			{shown.text}
		</div>
	);
}
