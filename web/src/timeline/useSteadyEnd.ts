// Keeping what is at the lower edge there when the list becomes lower or higher, as it does while one writes.

import { type RefObject, useEffect } from "react";

export function useSteadyEnd(scroller: RefObject<HTMLElement | null>): void {
	useEffect(() => {
		const element = scroller.current;
		if (!element) return;
		let height = element.clientHeight;
		let fromEnd = 0;
		const note = () => {
			if (element.clientHeight === height) fromEnd = element.scrollHeight - height - element.scrollTop;
		};
		const observer = new ResizeObserver(() => {
			if (element.clientHeight === height) return;
			height = element.clientHeight;
			element.scrollTop = element.scrollHeight - height - fromEnd;
		});
		element.addEventListener("scroll", note, { passive: true });
		observer.observe(element);
		return () => {
			element.removeEventListener("scroll", note);
			observer.disconnect();
		};
	}, [scroller]);
}
